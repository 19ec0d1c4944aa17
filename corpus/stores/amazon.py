"""Amazon's S3 and stores that speak as it does: s3://BUCKET/NAME, by boto3 (the extra `s3`).

Keys and region are those that boto3 finds (AWS_ACCESS_KEY_ID, ~/.aws, a machine's role); where there are none, objects
that everyone may read are read without. --s3_endpoint_url after `--`, or $AWS_ENDPOINT_URL_S3, names another server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.extras import extra
from corpus.storage import Stored
from corpus.stores.store import Page, Slice, Upload, split

CONNECT_SECONDS, READ_SECONDS = 3, 60
CONNECTIONS = 256
_OPTIONS = {
    "s3_access_key_id": "aws_access_key_id", "s3_secret_access_key": "aws_secret_access_key",
    "s3_session_token": "aws_session_token", "s3_endpoint_url": "endpoint_url", "s3_region_name": "region_name",
    "s3_api_version": "api_version", "s3_verify": "verify",
}  # fmt: skip
"""Beam's names of options, and boto3's."""
_ABSENT = ("404", "NoSuchKey", "NotFound")
_NO_SUCH_RANGE = "InvalidRange"


class AmazonStore:
    """The buckets of s3://.

    Args:
        options: those of Beam that begin with s3_.

    Raises:
        MissingExtraError: boto3 is not installed.
    """

    has_listings = True

    def __init__(self, options: Mapping[str, Any]) -> None:
        with extra("s3", "s3://"):
            import boto3
            from botocore import UNSIGNED
            from botocore.config import Config
        chosen = {name: options[beams] for beams, name in _OPTIONS.items() if options.get(beams)}
        session = boto3.session.Session()
        signs = "aws_access_key_id" in chosen or session.get_credentials() is not None
        config = Config(
            connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, max_pool_connections=CONNECTIONS,
            retries={"total_max_attempts": 1}, signature_version=None if signs else UNSIGNED,
            response_checksum_validation="when_required", request_checksum_calculation="when_required",
        )  # fmt: skip
        secure = {"use_ssl": False} if options.get("s3_disable_ssl") else {}
        self._client: Any = session.client("s3", config=config, **secure, **chosen)

    def page(self, prefix: str, token: str) -> Page:
        bucket, start = split(prefix)
        after = {"ContinuationToken": token} if token else {}
        said = self._client.list_objects_v2(Bucket=bucket, Prefix=start, **after)
        found = [
            Stored(f"s3://{bucket}/{one['Key']}", one["Size"], one["LastModified"].timestamp(), _checksum(one))
            for one in said.get("Contents", ())
        ]
        return Page(found, said.get("NextContinuationToken", "") if said.get("IsTruncated") else "")

    def stat(self, path: str) -> Stored | None:
        bucket, name = split(path)
        said = self._or_none("head_object", Bucket=bucket, Key=name) if name else None
        if said is None:
            return None
        return Stored(path, said["ContentLength"], said["LastModified"].timestamp(), _checksum(said))

    def get(self, path: str, start: int, length: int) -> Slice:
        bucket, name = split(path)
        span = f"bytes={start}-{start + length - 1}"
        try:
            said = self._client.get_object(Bucket=bucket, Key=name, Range=span)
        except self._client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") != _NO_SUCH_RANGE:
                raise
            return Slice(b"", start)
        with said["Body"] as body:
            data = body.read()
        total = said.get("ContentRange", "").rpartition("/")[2]
        return Slice(data, int(total) if total.isdigit() else said["ContentLength"])

    def put(self, path: str, data: bytes) -> None:
        bucket, name = split(path)
        self._client.put_object(Bucket=bucket, Key=name, Body=data)

    def upload(self, path: str) -> Upload:
        return _Parts(self._client, *split(path))

    def copy(self, old: str, new: str) -> None:
        (source, name), (bucket, key) = split(old), split(new)
        self._client.copy({"Bucket": source, "Key": name}, bucket, key)

    def remove(self, path: str) -> None:
        bucket, name = split(path)
        self._client.delete_object(Bucket=bucket, Key=name)

    def _or_none(self, request: str, **of: str) -> Any:
        """What a request says of an object; None where there is no such object."""
        try:
            return getattr(self._client, request)(**of)
        except self._client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                return None
            raise


class _Parts:
    """An upload in parts. Of one that is never finished the store keeps the parts, until a rule deletes them."""

    def __init__(self, client: Any, bucket: str, name: str) -> None:
        self._client, self._of = client, {"Bucket": bucket, "Key": name}
        self._of["UploadId"] = client.create_multipart_upload(**self._of)["UploadId"]
        self._sent: list[dict[str, Any]] = []

    def send(self, data: bytes) -> None:
        number = len(self._sent) + 1
        said = self._client.upload_part(**self._of, PartNumber=number, Body=data)
        self._sent.append({"PartNumber": number, "ETag": said["ETag"]})

    def finish(self) -> None:
        self._client.complete_multipart_upload(**self._of, MultipartUpload={"Parts": self._sent})

    def abandon(self) -> None:
        self._client.abort_multipart_upload(**self._of)


def _checksum(said: Mapping[str, Any]) -> str:
    tag = str(said.get("ETag", "")).strip('"')
    return f"etag {tag}" if tag else ""

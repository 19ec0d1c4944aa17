"""Object stores and servers: gs://, s3://, and for reading https:// and hf://, each by the requests that it answers.

`addresses.storage_of(path)` gives the filesystem of any path; `objects.ObjectStorage` is the one of all remote paths of
these schemes, over a Store with a handful of requests: `google.py`, `amazon.py`, `web.py`, `hub.py`.
"""

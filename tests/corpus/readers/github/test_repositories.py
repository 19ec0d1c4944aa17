"""What a path says: another project's code, a licence text, its suffix."""

import pytest

from corpus.readers.github.repositories import is_licence_file, is_vendored, suffix_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("node_modules/x/index.js", True),
        ("web/node_modules/x.js", True),
        ("vendor/x.go", True),
        ("a/Vendors/x.rb", True),
        ("third_party/x.c", True),
        ("src/3rdparty/x.c", True),
        ("external/x.h", True),
        ("Pods/x.m", True),
        (".venv/lib/x.py", True),
        ("js/jquery-3.5.1.js", True),
        ("js/jquery-ui-1.12.min.js", True),
        ("gradlew", True),
        ("config.guess", True),
        ("src/vendor.py", False),
        ("vendoring/x.py", False),
        ("src/internals/x.c", False),
        ("js/jquery.js", False),
        ("src/bootstrap/index.js", False),
        ("my_node_modules.txt", False),
    ],
)
def test_is_vendored(path, expected):
    assert is_vendored(path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("LICENSE", True),
        ("a/LICENCE.txt", True),
        ("COPYING.LESSER", True),
        ("LICENSE-APACHE", True),
        ("debian/copyright", True),
        ("NOTICE", True),
        ("license.py", False),
        ("licenses.json", False),
        ("src/licenses/index.ts", False),
        ("LICENSING_guide.md", False),
        ("notices/x.txt", False),
    ],
)
def test_is_licence_file(path, expected):
    assert is_licence_file(path) is expected


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("a/x.PY", ".py"),
        ("x.tar.gz", ".gz"),
        ("Makefile", "makefile"),
        (".gitignore", ".gitignore"),
        ("a.b/c", "c"),
        ("", ""),
    ],
)
def test_suffix_of(path, suffix):
    assert suffix_of(path) == suffix

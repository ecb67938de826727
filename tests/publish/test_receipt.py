"""Receipts: what is signed, what a change of a byte or of a signature does, and by which keys."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import ResultsError
from analysis.publish.receipt import (
    Receipt,
    add_signature,
    check_files,
    hash_materials,
    hash_subjects,
    other_bytes,
)

MADE = {
    "paper/_output/p.html": "<p>A page.</p>",
    "paper/_output/p.pdf": "%PDF",
    "paper/results/numbers.json": "{}",
    "paper/results/tables/t.md": "| a |",
}
FROM = {
    "data/a.csv": "x\n",
    "data/history/b.csv": "y\n",
    "data/derived/c.csv": "z\n",
    "requirements/paper.txt": "a==1\n",
}

# RFC 8032, section 7.1, test 1: a secret key and its public key.
SECRET = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


@pytest.fixture
def build(tmp_path) -> Path:
    """A folder with what a build leaves."""
    for name, text in (MADE | FROM).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def receipt(build) -> Receipt:
    """Its receipt, not signed yet."""
    return Receipt("ab" * 20, "pandoc", hash_subjects(build), hash_materials(build), {})


@pytest.fixture
def key(tmp_path) -> Path:
    """The key of the RFC as a PEM file."""
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    from cryptography.hazmat.primitives import serialization as form

    secret = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(SECRET))
    path = tmp_path / "key.pem"
    path.write_bytes(
        secret.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    )
    return path


def test_it_names_what_readers_get_and_what_that_was_made_from(receipt):
    """Page, PDF and numbers; the committed data and the locks, but nothing that is derived."""
    assert sorted(receipt.subjects) == sorted(MADE)[:3]
    assert sorted(receipt.materials) == sorted(set(FROM) - {"data/derived/c.csv"})


def test_the_statement_is_that_of_in_toto(receipt):
    """Type, subjects and materials stand where version 1 and the predicate of links want them."""
    envelope = json.loads(receipt.write())
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/link/v0.3"
    assert {each["name"] for each in statement["subject"]} == set(receipt.subjects)
    first, *others = statement["predicate"]["materials"]
    assert first["digest"] == {"gitCommit": "ab" * 20}
    assert {each["name"]: each["digest"]["sha256"] for each in others} == receipt.materials


def test_it_is_read_back_as_it_was_written(receipt, tmp_path):
    """Every part of it."""
    path = tmp_path / "receipt.json"
    path.write_text(receipt.write(), "utf-8")
    assert Receipt.read(path) == receipt


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"payload": "e30=", "signatures": []}', '{"payload": "?", "signatures": 1}'],
)
def test_what_is_no_receipt_is_told_in_one_line(text, tmp_path):
    """Whatever the file holds: its name, what was expected, what to do."""
    path = tmp_path / "receipt.json"
    path.write_text(text, "utf-8")
    with pytest.raises(
        ResultsError, match=r"receipt\.json: expected a .*; make one anew"
    ) as caught:
        Receipt.read(path)
    assert "\n" not in str(caught.value)


def test_a_statement_in_other_words_is_refused(receipt, tmp_path):
    """A field besides would be signed and never be looked at."""
    envelope = json.loads(receipt.write())
    statement = json.loads(base64.b64decode(envelope["payload"])) | {"besides": 1}
    envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(envelope), "utf-8")
    with pytest.raises(ResultsError, match="expected a statement as nox -s reproduce writes it"):
        Receipt.read(path)


@pytest.mark.parametrize("name", ["paper/_output/p.html", "data/a.csv", "requirements/paper.txt"])
def test_a_changed_byte_is_named(receipt, build, name):
    """Of what was made and of what it was made from; a missing file is one, too."""
    assert check_files(receipt, build) == []
    with (build / name).open("a", encoding="utf-8") as file:
        file.write(" ")
    (fault,) = check_files(receipt, build)
    assert fault.startswith(f"{name}: expected ")
    (build / name).unlink()
    (fault,) = check_files(receipt, build)
    assert fault.endswith("found no file")


def test_other_bytes_of_the_same_commit_are_named(receipt):
    """By the first file of which two receipts tell another hash."""
    other = replace(receipt, subjects={**receipt.subjects, "paper/_output/p.pdf": "0" * 64})
    assert other_bytes(receipt, other).startswith("paper/_output/p.pdf: expected ")


def test_the_signer_is_the_public_key_of_the_rfc(receipt, key):
    """So that anybody who has it from elsewhere can compare."""
    signed = add_signature(receipt, key)
    assert signed.signers() == (f"ed25519:{PUBLIC}",)
    assert signed.payload == receipt.payload


def test_a_second_key_adds_its_own_signature(receipt, key, tmp_path):
    """A key of OpenSSH, which is what most people have."""
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "second")]
    try:
        subprocess.run(made, check=True)
    except FileNotFoundError:
        pytest.skip("no ssh-keygen on this machine")
    signed = add_signature(add_signature(receipt, key), tmp_path / "second")
    assert len(signed.signers()) == 2


def test_a_signature_of_another_statement_does_not_fit(receipt, key):
    """One byte made otherwise, or the signature under another name."""
    signed = add_signature(receipt, key)
    moved = replace(signed, commit="cd" * 20)
    with pytest.raises(ResultsError, match="does not fit the statement"):
        moved.signers()
    (signature,) = signed.signatures.values()
    with pytest.raises(ResultsError, match="does not fit the statement"):
        replace(signed, signatures={"ed25519:" + "00" * 32: signature}).signers()
    with pytest.raises(ResultsError, match="does not fit the statement"):
        replace(signed, signatures={"somebody": signature}).signers()


@pytest.mark.parametrize("content", [None, "no key", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"])
@pytest.mark.usefixtures("key")
def test_a_file_without_a_key_is_told_with_how_to_make_one(receipt, tmp_path, content):
    """In one line."""
    path = tmp_path / "mine"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(ResultsError, match="expected an ed25519 key") as caught:
        add_signature(receipt, path)
    assert "ssh-keygen -t ed25519" in str(caught.value)
    assert "\n" not in str(caught.value)

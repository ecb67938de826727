"""A receipt: from which data, locks and commit came which bytes, and who has signed that they did.

The statement is an in-toto Statement (version 1, predicate ``link/v0.3``) and holds neither a time
nor a machine, so that whoever comes to the same bytes signs the same statement. The envelope is
that of DSSE (version 1.0). A signature carries its public key: it shows that the holder of that
key signed, and who that is has to be known from elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.errors import ResultsError
from analysis.publish.made_from import differing, hash_files

__all__ = [
    "NAME",
    "Receipt",
    "add_signature",
    "check_files",
    "hash_materials",
    "hash_subjects",
    "other_bytes",
]

NAME = "receipt.json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/link/v0.3"
PAYLOAD = "application/vnd.in-toto+json"
KIND = "ed25519:"
LACKING = (
    "a signature needs the package cryptography, found none; install it with "
    "pip install 'rare-earth-headlines[receipt]'"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was made from what, and by whom it is signed.

    Attributes
    ----------
    commit, renderer : str
        The version, and the program that rendered it: another one writes other bytes.
    subjects, materials : mapping of str to str
        SHA-256 by path below the repository: of page, PDF and numbers; of data and locks.
    signatures : mapping of str to str
        Base64 by signer, ``ed25519:`` and the public key in hexadecimal digits.
    """

    commit: str
    renderer: str
    subjects: Mapping[str, str]
    materials: Mapping[str, str]
    signatures: Mapping[str, str]

    @property
    def payload(self) -> bytes:
        """The statement as the bytes that are signed: the same for the same bytes."""
        made_of = [
            {"name": "repository", "digest": {"gitCommit": self.commit}},
            *_described(self.materials),
        ]
        predicate = {
            "name": "reproduce",
            "command": ["nox", "-s", "reproduce", "--", "--renderer", self.renderer],
            "materials": made_of,
            "byproducts": {},
            "environment": {"renderer": self.renderer},
        }
        statement = {
            "_type": STATEMENT,
            "subject": _described(self.subjects),
            "predicateType": PREDICATE,
            "predicate": predicate,
        }
        return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()

    def write(self) -> str:
        """Return the envelope as text."""
        signed = [{"keyid": who, "sig": sig} for who, sig in sorted(self.signatures.items())]
        envelope = {
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "payloadType": PAYLOAD,
            "signatures": signed,
        }
        return json.dumps(envelope, indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Receipt:
        """Read an envelope.

        Raises
        ------
        ResultsError
            If it is none, or its statement is none that :meth:`write` makes.
        """
        try:
            envelope = json.loads(path.read_text(encoding="utf-8"))
            payload = base64.b64decode(envelope["payload"], validate=True)
            statement = json.loads(payload)
            predicate = statement["predicate"]
            version, *materials = predicate["materials"]
            receipt = cls(
                version["digest"]["gitCommit"],
                predicate["environment"]["renderer"],
                _hashes(statement["subject"]),
                _hashes(materials),
                {each["keyid"]: each["sig"] for each in envelope["signatures"]},
            )
            same = receipt.payload == payload
        except (OSError, ValueError, KeyError, TypeError, binascii.Error) as error:
            raise ResultsError(
                f"{path}: expected a receipt of nox -s reproduce, found: {error}; make one anew"
            ) from None
        if not same:
            raise ResultsError(
                f"{path}: expected a statement as nox -s reproduce writes it, found another; make "
                "one anew"
            )
        return receipt

    def signers(self) -> tuple[str, ...]:
        """Return who has signed, every signature checked.

        Raises
        ------
        ResultsError
            If a signature does not fit, or the package that checks it is missing.
        """
        for who, signature in self.signatures.items():
            if not _fits(who, signature, _encode(self.payload)):
                raise ResultsError(
                    f"{NAME}: expected a signature by {who}, found one that does not fit the "
                    "statement; get the receipt anew from whoever signed it"
                )
        return tuple(sorted(self.signatures))


def _described(hashes: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": sha}} for name, sha in sorted(hashes.items())]


def _hashes(described: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {each["name"]: each["digest"]["sha256"] for each in described}


def hash_subjects(folder: Path) -> dict[str, str]:
    """Hash what a build made for readers: page, PDF, and the numbers that they print."""
    output, results = folder / "paper/_output", folder / "paper/results"
    pages = [*output.glob("*.html"), *output.glob("*.pdf")]
    return hash_files([*pages, results / "numbers.json"], folder)


def hash_materials(folder: Path) -> dict[str, str]:
    """Hash the committed data and the locks."""
    data, locks = folder / "data", folder / "requirements"
    committed = (p for p in data.rglob("*") if "derived" not in p.relative_to(data).parts)
    return hash_files([*committed, *locks.glob("*.txt")], folder)


def check_files(receipt: Receipt, folder: Path) -> list[str]:
    """Return what of a receipt's files is not the same below ``folder``; empty if all are."""
    told = _files(receipt)
    return _differences(told, hash_files((folder / name for name in told), folder))


def other_bytes(one: Receipt, other: Receipt) -> str:
    """Name the first file of which two receipts give other bytes."""
    return _differences(_files(one), _files(other))[0]


def _files(receipt: Receipt) -> dict[str, str]:
    return {**receipt.materials, **receipt.subjects}


def _differences(told: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    return [
        f"{n}: expected {told.get(n, 'no file')[:12]}, found {found.get(n, 'no file')[:12]}"
        for n in differing(told, found)
    ]


def add_signature(receipt: Receipt, key: Path) -> Receipt:
    """Return the receipt with one more signature.

    Parameters
    ----------
    receipt : Receipt
    key : Path
        An ed25519 key without a password, as OpenSSH or PEM writes it.

    Raises
    ------
    ResultsError
        If the file holds no such key, or the package that signs is missing.
    """
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ModuleNotFoundError:
        raise ResultsError(f"--key: {LACKING}") from None
    try:
        text = key.read_bytes()
        ssh = b"OPENSSH PRIVATE KEY" in text
        load = serialization.load_ssh_private_key if ssh else serialization.load_pem_private_key
        found = load(text, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ResultsError(_no_key(key, str(error))) from None
    if not isinstance(found, Ed25519PrivateKey):
        raise ResultsError(_no_key(key, "a key of another kind"))
    who = KIND + found.public_key().public_bytes_raw().hex()
    signature = base64.b64encode(found.sign(_encode(receipt.payload))).decode("ascii")
    return replace(receipt, signatures={**receipt.signatures, who: signature})


def _no_key(key: Path, found: str) -> str:
    return (
        f"{key}: expected an ed25519 key without a password, found: {found}; make one with "
        f"ssh-keygen -t ed25519 -N '' -f {key.name}"
    )


def _encode(payload: bytes) -> bytes:
    """Return what is signed in place of a payload: the pre-authentication encoding of DSSE."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)


def _fits(who: str, signature: str, signed: bytes) -> bool:
    """Whether a signature is that of the key that its name holds."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ModuleNotFoundError:
        raise ResultsError(f"--verify: {LACKING}") from None
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(who.removeprefix(KIND)))
        key.verify(base64.b64decode(signature, validate=True), signed)
    except (ValueError, InvalidSignature):
        return False
    return True

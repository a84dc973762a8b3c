"""Verifies an exported trail with Python's standard library and openssl (3.0 or newer). Run it in the export's folder.

What it checks, in this order:
1. Each line of entries.jsonl is an entry. Its hash is the SHA-256 of the line. Within a chain, "seq" counts from 1 and "prev" is
   the hash of the entry before it (64 zeros at the start).
2. Each line of log.txt is "<hash> <chain> <seq>", and names an entry with that hash.
3. Each file in checkpoints/ has a "content" that is signed with Ed25519 by a key of keys.txt (base64url). The content names the
   SHA-256 of the content before it ("previous"), and the root of the Merkle tree (RFC 6962) over the first "size" lines of log.txt.
Keep checkpoints from another source, such as the company's own archive, in place of checkpoints/: then the check rests on those.
"""

import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile


def fail(message):
    sys.exit("WRONG: " + message)


def sha256(data):
    return hashlib.sha256(data).digest()


def read_entries(path):
    hashes, last = {}, {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        entry = json.loads(line)
        chain, seq = entry["chain"], entry["seq"]
        before = last.get(chain, (0, "0" * 64))
        if (seq, entry["prev"]) != (before[0] + 1, before[1]):
            fail(f"entries.jsonl line {number}: entry {seq} of chain {chain} does not follow entry {before[0]}")
        last[chain] = (seq, sha256(line.encode()).hex())
        hashes[chain, seq] = last[chain][1]
    return hashes


def read_log(path, hashes):
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        digest, chain, seq = line.split(" ")
        if hashes.get((chain, int(seq))) != digest:
            fail(f"log.txt line {number}: entry {seq} of chain {chain} is not what was sealed")
    return lines


def roots(lines, sizes):
    """The Merkle roots at these sizes, grown leaf by leaf: one hash for each whole subtree, the largest first."""
    found, subtrees = {}, []
    for size, line in enumerate(lines, 1):
        node, ones = sha256(b"\0" + line.encode()), size - 1
        while ones & 1:
            node, ones = sha256(b"\1" + subtrees.pop() + node), ones >> 1
        subtrees.append(node)
        if size in sizes:
            root = subtrees[-1]
            for left in reversed(subtrees[:-1]):
                root = sha256(b"\1" + left + root)
            found[size] = root.hex()
    return found


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check_signature(content, signature, keys, folder):
    key = keys.get(signature["key_id"])
    if key is None:
        return "no key of keys.txt has the id " + signature["key_id"]
    # The header that makes 32 bytes an Ed25519 public key (RFC 8410).
    der, text, sig = folder / "key.der", folder / "content", folder / "signature"
    der.write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
    text.write_bytes(content.encode())
    sig.write_bytes(decode(signature["value"]))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", der, "-rawin", "-in", text, "-sigfile", sig]
    done = subprocess.run(command, capture_output=True, check=False)
    return None if done.returncode == 0 else "its signature does not fit"


def main():
    hashes = read_entries(pathlib.Path("entries.jsonl"))
    lines = read_log(pathlib.Path("log.txt"), hashes)
    keys = {}
    for text in pathlib.Path("keys.txt").read_text("ascii").split():
        keys[sha256(decode(text)).hex()[:16]] = decode(text)
    files = sorted(pathlib.Path("checkpoints").glob("*.json"))
    bundles = [(path.name, json.loads(path.read_text("utf-8"))) for path in files]
    contents = [(name, bundle, json.loads(bundle["content"])) for name, bundle in bundles]
    found = roots(lines, {content["size"] for _, _, content in contents})
    previous = "0" * 64
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, bundle, content) in enumerate(contents, 1):
            why = check_signature(bundle["content"], bundle["signature"], keys, pathlib.Path(folder))
            if why:
                fail(f"{name}: {why}")
            if (content["number"], content["previous"]) != (number, previous):
                fail(f"{name}: a checkpoint before it is missing or another one")
            if content["size"] > len(lines):
                fail(f"{name}: the log had {content['size']} entries, log.txt has {len(lines)}")
            if found[content["size"]] != content["root"]:
                fail(f"{name}: the first {content['size']} lines of log.txt are not what was signed")
            previous = sha256(bundle["content"].encode()).hex()
    sealed = contents[-1][2]["size"] if contents else 0
    print(f"sound: {len(hashes)} entries, {sealed} of them under {len(contents)} signed checkpoints")


main()

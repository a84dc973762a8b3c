#!/usr/bin/env python3
"""A calling service in one file: submits an invoice, has its approver decide, and follows it to its end.

    client.py ADDRESS TENANT INVOICE.json --submitter-token FILE --approver-token FILE

Nothing but Python's standard library is used: the service is asked in JSON over HTTP. docs/integration.md explains every step.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Iterator, Optional

TRIES = 5
# A connection that breaks, or is quiet for too long.
BROKEN = (OSError, http.client.HTTPException)


class Refused(Exception):
    """The service has said no; the same request would be refused again."""

    def __init__(self, status: int, told: dict) -> None:
        details = {detail["@type"].rsplit(".", 1)[-1]: detail for detail in told.get("details", [])}
        self.status = status
        self.code = details.get("ErrorInfo", {}).get("reason", "UNKNOWN")
        self.fields = details.get("BadRequest", {}).get("fieldViolations", [])
        super().__init__(told.get("message", f"HTTP {status}"))


class Caller:
    """A person's way to the service."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address.rstrip("/")
        self.token = token.strip()

    def ask(self, method: str, path: str, body: Optional[dict] = None, **query: str) -> dict:
        """Asks again after what passes: with the same request id, nothing happens twice."""
        for left in reversed(range(TRIES)):
            try:
                with self.open(method, path, body, query) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                told = json.loads(error.read() or b"{}")
                if error.code not in (429, 503) or not left:
                    raise Refused(error.code, told) from None
                time.sleep(int(error.headers.get("Retry-After") or 1))
            except BROKEN:
                if not left:
                    raise
                time.sleep(1)
        raise AssertionError("the last try either answers or raises")

    def changes(self, name: str) -> Iterator[dict]:
        """What happens to a document, from its beginning to its end, also over breaks."""
        sequence = 0
        while True:
            try:
                query = {"afterSequence": str(sequence)}
                with self.open("GET", f"{name}:watch", None, query, accept="application/x-ndjson") as answer:
                    for change in (json.loads(line) for line in answer if line.strip()):
                        if "entry" not in change:
                            break  # the watch was ended in its course, with the reason as its last line
                        sequence = int(change["entry"]["sequence"])
                        yield change
                        if change.get("ended"):
                            return
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    raise Refused(error.code, json.loads(error.read() or b"{}")) from None
            except BROKEN:
                pass
            time.sleep(1)

    def open(self, method: str, path: str, body: Optional[dict], query: dict, accept: str = "application/json"):
        url = f"{self.address}/v1/{urllib.parse.quote(path, safe='/:')}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60)


def poisha(taka: str) -> str:
    """Amounts travel as whole poisha; 64-bit numbers are text in JSON."""
    whole, _, rest = taka.partition(".")
    return str(int(whole) * 100 + int(rest.ljust(2, "0") or 0))


def content(invoice: dict) -> dict:
    """The example's invoice as the service takes it."""
    line = lambda l: {
        "description": l["description"],
        "quantity": l["quantity"],
        "unitPricePoisha": poisha(l["unit_price"]),
        "amountPoisha": poisha(l["amount"]),
    }
    return {
        "vendor": invoice["vendor"],
        "number": invoice["number"],
        "date": invoice["date"],
        "dueDate": invoice["due_date"],
        "currency": invoice["currency"],
        "lines": [line(l) for l in invoice["lines"]],
        "subtotalPoisha": poisha(invoice["subtotal"]),
        "vatPoisha": poisha(invoice["vat"]),
        "totalPoisha": poisha(invoice["total"]),
        "department": invoice["department"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Brings an invoice from submission to payment instruction.")
    parser.add_argument("address", help="such as http://127.0.0.1:7300")
    parser.add_argument("tenant")
    parser.add_argument("invoice", type=Path)
    parser.add_argument("--submitter-token", type=Path, required=True, metavar="FILE")
    parser.add_argument("--approver-token", type=Path, required=True, metavar="FILE")
    asked = parser.parse_args()
    submitter = Caller(asked.address, asked.submitter_token.read_text())
    approver = Caller(asked.address, asked.approver_token.read_text())

    parent = f"tenants/{asked.tenant}"
    invoice = json.loads(asked.invoice.read_text())
    # Keep the id with the request until it is answered: it makes a repetition safe.
    submission = {"requestId": str(uuid.uuid4()), "content": content(invoice)}
    try:
        submitted = submitter.ask("POST", f"{parent}/invoices", submission)
    except Refused as refused:
        print(f"{refused.code}: {refused}", file=sys.stderr)
        for field in refused.fields:
            print(f"  {field['field']}: {field['description']}", file=sys.stderr)
        return 1
    name = submitted["invoice"]["name"]
    print(f"submitted {name}")

    decided = set()
    for change in submitter.changes(name):
        entry = change["entry"]
        print(f"{entry['kind']:<12} {entry.get('actor', '')}")
        if change.get("ended"):
            break
        for task in approver.ask("GET", f"{parent}/tasks").get("tasks", []):
            if task["document"] == name and task["name"] not in decided:
                decided.add(task["name"])
                decision = {"requestId": str(uuid.uuid4()), "decide": {"answer": "approve"}}
                approver.ask("POST", f"{task['name']}:act", decision)
    shown = submitter.ask("GET", name)["invoice"]
    print(f"{shown['outcome']} {shown.get('paymentInstruction', '')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

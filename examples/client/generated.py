"""What client.py does, with a client that Python's own tools generate from the proto files.

    python3 -m grpc_tools.protoc -I proto --python_out=gen --grpc_python_out=gen proto/vextrus/*/v1/*.proto proto/google/api/*.proto
    PYTHONPATH=gen python3 examples/client/generated.py 127.0.0.1:7300 acme-bd examples/invoices/02-one-level.json \\
      --submitter-token nasrin.jwt --approver-token rahim.jwt --attach bill.pdf

Submits an invoice, attaches its paper, approves it, follows it to its payment instruction, and reads the paper back.
"""

import argparse
import hashlib
import json
import sys
import uuid
from decimal import Decimal
from pathlib import Path

import grpc
from vextrus.approval.v1 import approval_pb2, approval_pb2_grpc, attachment_pb2, attachment_pb2_grpc
from vextrus.audit.v1 import audit_pb2, audit_pb2_grpc
from vextrus.invoice.v1 import invoice_pb2, invoice_pb2_grpc

WITHIN_SECONDS = 60
CHUNK = 64 * 1024


def poisha(taka):
    return int(Decimal(taka) * 100)


def content(path):
    """The invoice of a file as its message."""
    bill = json.loads(Path(path).read_text())
    lines = [
        invoice_pb2.InvoiceLine(
            description=line["description"],
            quantity=line["quantity"],
            unit_price_poisha=poisha(line["unit_price"]),
            amount_poisha=poisha(line["amount"]),
        )
        for line in bill["lines"]
    ]
    return invoice_pb2.InvoiceContent(
        vendor=bill["vendor"],
        number=bill["number"],
        date=bill["date"],
        due_date=bill["due_date"],
        currency="BDT",
        department=bill["department"],
        lines=lines,
        subtotal_poisha=poisha(bill["subtotal"]),
        vat_poisha=poisha(bill["vat"]),
        total_poisha=poisha(bill["total"]),
    )


def paper(parent, path):
    """The messages of an upload: what it is, then its bytes."""
    yield attachment_pb2.UploadAttachmentRequest(
        attachment=attachment_pb2.NewAttachment(
            parent=parent,
            request_id=str(uuid.uuid4()),
            kind=attachment_pb2.ATTACHMENT_KIND_BILL,
            file_name=path.name,
            media_type="application/pdf",
        )
    )
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield attachment_pb2.UploadAttachmentRequest(chunk=chunk)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("tenant")
    parser.add_argument("invoice")
    parser.add_argument("--submitter-token", required=True, type=Path)
    parser.add_argument("--approver-token", required=True, type=Path)
    parser.add_argument("--attach", required=True, type=Path)
    asked = parser.parse_args()

    def by(token):
        return {"metadata": [("authorization", f"Bearer {token.read_text().strip()}")], "timeout": WITHIN_SECONDS}

    submitter, approver = by(asked.submitter_token), by(asked.approver_token)
    with grpc.insecure_channel(asked.address) as channel:
        invoices = invoice_pb2_grpc.InvoiceServiceStub(channel)
        approvals = approval_pb2_grpc.ApprovalServiceStub(channel)
        papers = attachment_pb2_grpc.AttachmentServiceStub(channel)
        trail = audit_pb2_grpc.AuditServiceStub(channel)

        # The same id with the same content is the same request: send it again after a break.
        request = invoice_pb2.SubmitInvoiceRequest(
            parent=f"tenants/{asked.tenant}", request_id=str(uuid.uuid4()), content=content(asked.invoice)
        )
        name = invoices.SubmitInvoice(request, **submitter).invoice.name
        print("submitted", name)
        attached = papers.UploadAttachment(paper(name, asked.attach), **submitter).attachment
        print("attached", attached.size_bytes, "bytes")

        # The trail says when somebody is asked; what it says after the decision ends with the document.
        decided = False
        for change in trail.WatchChanges(audit_pb2.WatchChangesRequest(name=name), **approver):
            if change.entry.kind == "assessed" and not decided:
                shown = invoices.GetInvoice(invoice_pb2.GetInvoiceRequest(name=name), **approver).invoice
                task = next(t for t in shown.approval.tasks if t.state == approval_pb2.TASK_STATE_OPEN)
                approvals.Act(
                    approval_pb2.ActRequest(
                        name=task.name,
                        request_id=str(uuid.uuid4()),
                        etag=shown.approval.etag,
                        decide=approval_pb2.Decide(answer="approve"),
                    ),
                    **approver,
                )
                decided = True
        shown = invoices.GetInvoice(invoice_pb2.GetInvoiceRequest(name=name), **approver).invoice
        print(approval_pb2.DocumentOutcome.Name(shown.outcome), shown.payment_instruction)

        parts = papers.DownloadAttachment(attachment_pb2.DownloadAttachmentRequest(name=attached.name), **approver)
        digest = hashlib.sha256(b"".join(part.chunk for part in parts)).hexdigest()
        print("read back", "as it was" if digest == attached.sha256 else "as something else")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(error.details())

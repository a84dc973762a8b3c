"""A provider that knows what the AWS provider takes and tells (terraform_schema.json), and can do nothing.

With it Terraform checks modules without a registry: types, arguments, references, and with `mock_provider` in a test whole plans.
Terraform is told of a provider that runs already by TF_REATTACH_PROVIDERS, as a provider's own authors do to debug one; it then
speaks version 5 of its plugin protocol (tfplugin5.proto) over gRPC, whose few messages are written here by hand.
"""

from __future__ import annotations

import contextlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Iterator, Optional

import grpc

# NestingMode.LIST: which the bindings do not tell, and a list of one serves a single block, a set or a list.
LIST = 2


def number(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def flag(field: int) -> bytes:
    return number(field << 3) + number(1)


def count(field: int, value: int) -> bytes:
    return number(field << 3) + number(value)


def message(field: int, content: bytes) -> bytes:
    return number(field << 3 | 2) + number(len(content)) + content


def attribute(name: str, kind: object, required: bool, told: bool) -> bytes:
    made = message(1, name.encode()) + message(2, json.dumps(kind).encode())
    # What may be left out, the provider fills in.
    return made + (flag(4) if required else flag(6) if told else flag(5) + flag(6))


def block(found: dict) -> bytes:
    made = b""
    for part in ("required", "optional", "results"):
        for name, kind in found.get(part, {}).items():
            made += message(2, attribute(name, kind, part == "required", part == "results"))
    for name, inner in found.get("blocks", {}).items():
        nested = message(1, name.encode()) + message(2, block(inner)) + count(3, LIST)
        made += message(3, nested + (count(4, inner["least"]) if inner["least"] else b""))
    return made


def schema(found: dict) -> bytes:
    return message(2, block(found))


def schemas(known: dict) -> bytes:
    """The answer to GetProviderSchema."""
    made = message(1, schema(known["configuration"]))
    for field, part in ((2, "resources"), (3, "data")):
        for kind, found in known[part].items():
            made += message(field, message(1, kind.encode()) + message(2, schema(found)))
    return made


class Handlers(grpc.GenericRpcHandler):
    def __init__(self, known: dict) -> None:
        self.schemas = schemas(known)

    def service(self, call: grpc.HandlerCallDetails) -> Optional[grpc.RpcMethodHandler]:
        service, method = call.method.rsplit("/", 1)
        # Streams of output and of further servers: there are none.
        if service != "/tfplugin5.Provider":
            return None

        def answer(request: bytes, _: grpc.ServicerContext) -> bytes:
            if method in ("GetSchema", "GetProviderSchema"):
                return self.schemas
            # The configuration is prepared as it is; to all else an empty answer is that nothing is wrong.
            return request if method == "PrepareProviderConfig" else b""

        return grpc.unary_unary_rpc_method_handler(answer)


@contextlib.contextmanager
def running(known: dict) -> Iterator[dict]:
    """The environment in which Terraform finds it."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    server.add_generic_rpc_handlers((Handlers(known),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    where = {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({known["provider"]: where})}
    finally:
        server.stop(None).wait()

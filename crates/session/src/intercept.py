"""Tells muteproof's session what passes through: a line of JSON for each request, for each message
of the app's that is none, and for each connection over which an app would not speak."""

import base64
import json
import sys
import time

BODY_MAX = 1 << 20
MESSAGE_MAX = 64 << 10
VERSIONS = {"TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


def say(event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def place(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Tell:
    def __init__(self):
        self.called = {}

    def running(self):
        say({"is": "ready", "taken": []})

    def server_connect(self, data):
        # Before it is replaced by the answer of a resolver: whom the app itself called.
        self.called.setdefault(data.client.id, data.server.address)

    def client_disconnected(self, client):
        self.called.pop(client.id, None)

    def remote(self, client, server):
        return place(self.called.get(client.id) or server.address)

    def request(self, flow):
        asked = flow.request
        body = asked.raw_content or b""
        client = flow.client_conn
        # The authority of HTTP/2 is the host of HTTP/1.1.
        host = asked.host_header or asked.pretty_host
        headers = [
            [name.decode("utf-8", "replace"), value.decode("utf-8", "replace")]
            for name, value in asked.headers.fields
        ]
        say(
            {
                "is": "request",
                "t": time.monotonic_ns(),
                "local": place(client.peername),
                "remote": self.remote(client, flow.server_conn),
                "tls": VERSIONS.get(client.tls_version) if client.tls_established else None,
                "method": asked.method,
                "scheme": asked.scheme,
                "host": host,
                "path_and_query": asked.path,
                "headers": headers,
                "bytes": len(body),
                "body": base64.b64encode(body[:BODY_MAX]).decode(),
            }
        )

    def sent(self, flow, message):
        if not message.from_client:
            return
        client = flow.client_conn
        say(
            {
                "is": "bytes",
                "t": time.monotonic_ns(),
                "local": place(client.peername),
                "remote": self.remote(client, flow.server_conn),
                "tls": VERSIONS.get(client.tls_version) if client.tls_established else None,
                "bytes": len(message.content),
                "data": base64.b64encode(message.content[:MESSAGE_MAX]).decode(),
            }
        )

    def websocket_message(self, flow):
        self.sent(flow, flow.websocket.messages[-1])

    def tcp_message(self, flow):
        self.sent(flow, flow.messages[-1])

    def refused(self, data, how):
        client = data.context.client
        why = data.conn.error or "no reason was given"
        say(
            {
                "is": "refused",
                "t": time.monotonic_ns(),
                "local": place(client.peername),
                "remote": self.remote(client, data.context.server),
                "server_name": client.sni,
                "how": {"is": how, "why": why},
            }
        )

    def tls_failed_client(self, data):
        self.refused(data, "alert")

    def tls_failed_server(self, data):
        self.refused(data, "failed")


addons = [Tell()]

"""Takes any request by TLS 1.3 at three ports of the address that it is given."""
import http.server
import ssl
import sys
import threading


class Taker(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_3
context.load_cert_chain("/home/user/cert.pem", "/home/user/key.pem")
for port in 4433, 4434, 4435:
    server = http.server.ThreadingHTTPServer((sys.argv[1], port), Taker)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()
print("serving", flush=True)

"""Posts once a second, all by one connection."""
import http.client
import json
import ssl
import sys
import time

open("/proc/self/comm", "w").write("poster")
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
connection = http.client.HTTPSConnection(sys.argv[1], 4435, context=context)
n = 0
while True:
    n += 1
    connection.request("POST", "/poster", json.dumps({"n": n, "text": "some words " * 300}))
    connection.getresponse().read()
    time.sleep(1)

"""A call by WebRTC for `cargo xtask captures`.

    webrtc.py answer ADDRESS              answer calls at http://ADDRESS:8080, with a page that makes one
    webrtc.py call ADDRESS SECONDS        make a call with aiortc
    webrtc.py browse BROWSER ADDRESS SECONDS
                                          have a browser open the page, which makes one
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 8080
# Whoever calls has to begin within this, seconds.
BEGINS_WITHIN = 20

PAGE = """<!doctype html><meta charset="utf-8"><title>call</title><script>
const gathered = pc => new Promise(done => {
  const is = () => pc.iceGatheringState === "complete" && done();
  pc.addEventListener("icegatheringstatechange", is);
  is();
});
(async () => {
  const pc = new RTCPeerConnection();
  const sound = await navigator.mediaDevices.getUserMedia({audio: true});
  sound.getTracks().forEach(track => pc.addTrack(track, sound));
  await pc.setLocalDescription(await pc.createOffer());
  await gathered(pc);
  const body = JSON.stringify({sdp: pc.localDescription.sdp, type: "offer"});
  const answer = await fetch("/offer", {method: "POST", body});
  await pc.setRemoteDescription(await answer.json());
})().catch(why => fetch("/failed", {method: "POST", body: String(why)}));
</script>"""


def connection():
    from aiortc import RTCConfiguration, RTCPeerConnection

    # Nobody outside is asked for an address.
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


def answer(address):
    from aiortc import RTCSessionDescription
    from aiortc.mediastreams import AudioStreamTrack

    loop = asyncio.new_event_loop()
    calls = []
    said = {"begun": False, "failed": None}

    async def accept(offer):
        pc = connection()
        calls.append(pc)
        pc.addTrack(AudioStreamTrack())

        @pc.on("connectionstatechange")
        def changed():
            said["begun"] |= pc.connectionState == "connected"

        await pc.setRemoteDescription(RTCSessionDescription(**offer))
        await pc.setLocalDescription(await pc.createAnswer())
        return {"sdp": pc.localDescription.sdp, "type": "answer"}

    class Handler(BaseHTTPRequestHandler):
        def reply(self, kind, text):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self):
            if self.path == "/said":
                self.reply("application/json", json.dumps(said))
            else:
                self.reply("text/html", PAGE)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path == "/failed":
                said["failed"] = body
                self.reply("text/plain", "")
                return
            future = asyncio.run_coroutine_threadsafe(accept(json.loads(body)), loop)
            self.reply("application/json", json.dumps(future.result()))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer((address, PORT), Handler)
    loop.run_in_executor(None, server.serve_forever)
    loop.run_forever()


def ask(address, path, body=None):
    """Asks the one who answers, who may just be starting."""
    until = time.monotonic() + BEGINS_WITHIN
    while True:
        try:
            data = None if body is None else body.encode()
            with urllib.request.urlopen(f"http://{address}:{PORT}{path}", data) as reply:
                return json.loads(reply.read())
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


async def call(address, seconds):
    from aiortc import RTCSessionDescription
    from aiortc.mediastreams import AudioStreamTrack

    pc = connection()
    pc.addTrack(AudioStreamTrack())
    pc.createDataChannel("specimen")
    await pc.setLocalDescription(await pc.createOffer())
    offer = json.dumps({"sdp": pc.localDescription.sdp, "type": "offer"})
    await pc.setRemoteDescription(RTCSessionDescription(**ask(address, "/offer", offer)))
    await asyncio.sleep(seconds)
    await pc.close()


FIREFOX = """
user_pref("media.navigator.streams.fake", true);
user_pref("media.navigator.permission.disabled", true);
user_pref("media.devices.insecure.enabled", true);
user_pref("media.getusermedia.insecure.enabled", true);
user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
"""


def browse(browser, address, seconds):
    url = f"http://{address}:{PORT}/"
    ask(address, "/said")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        if browser == "firefox":
            (Path(profile) / "user.js").write_text(FIREFOX)
            words = ["firefox", "--headless", "--no-remote", "--profile", profile, url]
        else:
            words = [
                "chromium",
                "--headless=new",
                # Root starts it, in a network of its own.
                "--no-sandbox",
                f"--user-data-dir={profile}",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--unsafely-treat-insecure-origin-as-secure={url[:-1]}",
                "--disable-features=WebRtcHideLocalIpsWithMdns",
                url,
            ]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        program = subprocess.Popen(words, **quiet)
        try:
            until = time.monotonic() + BEGINS_WITHIN
            said = ask(address, "/said")
            while not said["begun"]:
                if said["failed"] or time.monotonic() > until:
                    sys.exit(f"{browser}: no call: {said['failed'] or 'in time'}")
                time.sleep(0.1)
                said = ask(address, "/said")
            time.sleep(seconds)
        finally:
            program.terminate()
            program.wait()


def main():
    match sys.argv[1:]:
        case ["answer", address]:
            answer(address)
        case ["call", address, seconds]:
            asyncio.run(call(address, float(seconds)))
        case ["browse", browser, address, seconds]:
            browse(browser, address, float(seconds))
        case _:
            sys.exit(__doc__)


main()

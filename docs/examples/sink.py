#!/usr/bin/env python3
"""An SMTP receiver that accepts everything and prints it: sink.py [PORT] (2626 on loopback)."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 sink.test ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say("250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME")
            elif verb == b"DATA":
                self.say("354 End with a dot")
                self.print_message()
                self.say("250 2.0.0 Ok")
            elif verb == b"QUIT":
                return self.say("221 2.0.0 Bye")
            else:
                print(line.decode("utf-8", "replace").rstrip())
                self.say("250 2.0.0 Ok")

    def print_message(self):
        for line in self.rfile:
            if line == b".\r\n":
                break
            print("    " + line.removeprefix(b".").decode("utf-8", "replace").rstrip())
        print(flush=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 2626
    with Server(("127.0.0.1", port), Session) as server:
        print(f"listening on 127.0.0.1:{port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass

"""The measurements of operations.sh: operations.py MTA MTA_LOAD MESSAGES. Everything is on loopback, in a directory of its own."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

MTA, LOAD, QUEUE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3])
ADMIN, RELAY = "127.0.0.1:26580", "127.0.0.1:26525"
GOOD, BUSY, NOTIFIED = "127.0.0.1:26526", "127.0.0.1:26527", "127.0.0.1:26528"
RATE = 200  # of other mail, messages a second
WATCH = 20  # seconds

directory = tempfile.mkdtemp(prefix="mta-operations-")
processes = []


def start(*command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=directory)
    processes.append(process)
    return process


def get(path, method="GET"):
    request = urllib.request.Request(f"http://{ADMIN}/{path}", method=method, headers={"X-Mta-Admin": "1"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        octets = answer.read()
        return json.loads(octets) if answer.headers.get_content_type() == "application/json" else octets


def slowest(path):
    """Seconds of the slowest of five answers."""
    times = []
    for _ in range(5):
        begin = time.monotonic()
        get(path)
        times.append(time.monotonic() - begin)
    return max(times)


def memory():
    """Resident MiB of the node."""
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{node.pid}/status").read())[1]) // 1024


def cpu(process):
    """Seconds of a processor that a process has used."""
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost_of_top():
    """Per cent of one processor that `mta top` costs, the node's answers among it and its own start not."""
    def share(seconds, *others):
        before = cpu(node), [cpu(o) for o in others]
        time.sleep(seconds)
        return 100 * (cpu(node) - before[0]) / seconds, sum(100 * (cpu(o) - b) / seconds for o, b in zip(others, before[1]))

    idle, _ = share(WATCH)
    top = start(MTA, "top", "--admin", f"http://{ADMIN}")
    drain(top)
    time.sleep(20)
    busy, own = share(3 * WATCH, top)
    top.send_signal(signal.SIGKILL)
    print(f"top: {busy - idle + own:.2f} % of a processor (its own process {own:.2f}, the node {busy:.2f} instead of {idle:.2f})", flush=True)
    return busy - idle + own


class Sink:
    """The receiver of other mail; its lines, one a second, tell how much came."""

    def __init__(self):
        self.process = start(LOAD, "sink", "--listen", GOOD)
        self.seconds = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            found = re.search(r"s\s+([\d,]+)/s", line)
            if found:
                self.seconds.append((time.monotonic(), int(found[1].replace(",", ""))))

    def rate(self, begin, end):
        """Messages a second between two moments, and the slowest second."""
        rates = [rate for at, rate in self.seconds if begin + 1 <= at <= end]
        return (sum(rates) / len(rates), min(rates)) if rates else (float("nan"), float("nan"))


def drain(process):
    threading.Thread(target=lambda: [None for _ in process.stdout], daemon=True).start()


def until(what, condition, seconds=900):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(0.2)


def alive():
    try:
        return get("health/ready")["status"] == "ready"
    except OSError:
        return False


def measured(what, path=None):
    """The rate of other mail while something is done, or, without it, for WATCH seconds."""
    begin, peak, told = time.monotonic(), 0, ""
    if path:
        answer = get(path, "POST")
        told = f"{answer['messages']:,} messages, answered in {time.monotonic() - begin:.2f} s"
        while get("api/v1/queue/summary")["toDo"] > 0:
            peak = max(peak, memory())
            time.sleep(0.2)
        told += f", done in {time.monotonic() - begin:.1f} s"
    # So much at least, for a rate that means something.
    time.sleep(max(0, begin + WATCH - time.monotonic()))
    mean, least = sink.rate(begin, time.monotonic())
    print(f"{what}: other mail {mean:.0f}/s (slowest second {least}), {max(peak, memory())} MiB{'; ' + told if told else ''}", flush=True)
    return mean


try:
    with open(os.path.join(directory, "sink.conf"), "w") as file:
        file.write(f"""load.sink.hosts {{
          busy {{ listen = ["{BUSY}"], domains = ["*.busy.test"], outages {{ all {{ from = 0s, for = 8h, kind = defers }} }} }}
          notified {{ listen = ["{NOTIFIED}"], domains = ["load.test"] }}
        }}""")
    with open(os.path.join(directory, "mta.conf"), "w") as file:
        file.write(f"""mta {{
          hostname = mx.operations.test
          data = {json.dumps(os.path.join(directory, 'data'))}
          listeners.relay {{ address = "127.0.0.1", port = {RELAY.split(':')[1]} }}
          admin {{ address = "127.0.0.1", port = {ADMIN.split(':')[1]} }}
          smtp.server.transactions = 10000000
          retry {{ transport = [8h], greylist = [8h], other = [8h] }}
          spool.cache-bytes = 32MiB
          tags {{ tenant-header = "X-Tenant", campaign-header = "X-Campaign" }}
          log.level = error
          domains {{
            ".good.test" {{ route = "[127.0.0.1]:{GOOD.split(':')[1]}" }}
            ".busy.test" {{ route = "[127.0.0.1]:{BUSY.split(':')[1]}" }}
            "load.test" {{ route = "[127.0.0.1]:{NOTIFIED.split(':')[1]}" }}
          }}
        }}""")
    drain(start(LOAD, "sink", "--config", "sink.conf", "--quiet"))
    sink = Sink()
    node = start(MTA, "run", "--config", "mta.conf")
    drain(node)
    until("the node is ready", alive)

    begin = time.monotonic()
    subprocess.run(
        [LOAD, "source", "-t", RELAY, "-m", str(QUEUE), "-s", "100", "-d", "0", "--pipelining", "-l", "1k", "--domain", "d{1..100}.busy.test",
         "--tenants", "1", "--campaign", "spring", "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, cwd=directory)
    # A few may not have been accepted (290 of a million once): the number below is what waits.
    until("all of it waits", lambda: get("api/v1/queue/summary")["waiting"] >= 0.99 * QUEUE and get("api/v1/queue/summary")["ready"] == 0)
    print(f"{get('api/v1/queue/summary')['waiting']:,} messages of tenant t0 wait after {time.monotonic() - begin:.0f} s; {memory()} MiB", flush=True)

    one = get("api/v1/queue?limit=1")[0]["id"]
    late = []
    for path in ("api/v1/queue/summary", "api/v1/queue/domains?limit=200", "api/v1/why/d1.busy.test", f"api/v1/why/{one}", "api/v1/queue?limit=100&tenant=t0&older=1s", f"api/v1/trace/{one}", "metrics"):
        seconds = slowest(path)
        if seconds >= 1:
            late.append(path)
        print(f"GET {path.replace(one, 'ID')}: {seconds:.3f} s", flush=True)
    top = cost_of_top()
    if QUEUE > 500_000:
        print("HELD" if not late and top < 2 else f"BROKEN: {'late: ' + ', '.join(late) if late else ''} {'top' if top >= 2 else ''}")
        sys.exit(0 if not late and top < 2 else 1)

    drain(start(LOAD, "source", "-t", RELAY, "--rate", str(RATE), "--duration", "2h", "-s", "20", "-d", "0", "--domain", "d{1..20}.good.test"))
    time.sleep(10)
    before = measured("before")
    rates = [
        measured("hold", "api/v1/queue/hold?tenant=t0&campaign=spring&name=proof&reason=proof"),
        measured("release", "api/v1/queue/release?name=proof"),
        measured("hold again", "api/v1/queue/hold?tenant=t0&name=proof"),
        measured("bounce", "api/v1/queue/bounce?tenant=t0&reason=proof"),
    ]
    begin = time.monotonic()
    until("all are reported", lambda: get("api/v1/queue/summary")["messages"] < 1000, 3600)
    end = time.monotonic()
    mean, least = sink.rate(begin, max(end, begin + 3))
    print(f"notifications: written and delivered {end - begin:.0f} s later, other mail {mean:.0f}/s (slowest second {least}) meanwhile, {memory()} MiB", flush=True)
    slow = [rate for rate in rates if rate < 0.9 * before]
    held = not late and not slow and top < 2
    print("HELD" if held else f"BROKEN: {'late: ' + ', '.join(late) if late else ''} {'slow: ' + str(slow) if slow else ''} {'top' if top >= 2 else ''}")
    sys.exit(0 if held else 1)
finally:
    for process in processes:
        process.send_signal(signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)

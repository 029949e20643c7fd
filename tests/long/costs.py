"""The measurements of costs.sh: costs.py MTA MTA_LOAD ROUNDS. Everything is on loopback, in directories of its own."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

MTA, LOAD, ROUNDS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3])
ADMIN, RELAY, SINK = "127.0.0.1:26580", "127.0.0.1:26525", "127.0.0.1:26526"
WARM, MESSAGES = 20_000, 60_000
VARIANTS = {
    "as usual": "",
    "without actor metrics": "metrics.actors = off",
    "without events": "events.enabled = off",
}


def cpu(pid):
    """Seconds of a processor that a process has used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def get(path):
    with urllib.request.urlopen(f"http://{ADMIN}/{path}", timeout=30) as answer:
        return json.loads(answer.read())


def until(condition):
    end = time.monotonic() + 120
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("not within 120 s")
        time.sleep(0.05)


def alive():
    try:
        return get("health/ready")["status"] == "ready"
    except OSError:
        return False


def send(messages):
    subprocess.run([LOAD, "source", "-t", RELAY, "-m", str(messages), "-s", "40", "-d", "0", "-l", "4k", "--domain", "d{1..20}.good.test", "--quiet"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    until(lambda: get("api/v1/queue/summary")["messages"] == 0)


def measure(settings):
    """Microseconds of a processor that a message costs the node, and messages a second."""
    directory = tempfile.mkdtemp(prefix="mta-costs-")
    processes = []
    try:
        with open(os.path.join(directory, "mta.conf"), "w") as file:
            file.write(f"""mta {{
              hostname = mx.costs.test, data = {json.dumps(os.path.join(directory, 'data'))}
              listeners.relay {{ address = "127.0.0.1", port = {RELAY.split(':')[1]} }}
              admin {{ address = "127.0.0.1", port = {ADMIN.split(':')[1]} }}
              log.level = error
              domains.".good.test".route = "[127.0.0.1]:{SINK.split(':')[1]}"
              {settings}
            }}""")
        start = lambda *command: processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=directory))
        start(LOAD, "sink", "--listen", SINK, "--quiet")
        start(MTA, "run", "--preset", "throughput", "--config", "mta.conf")
        until(alive)
        send(WARM)
        before, begin = cpu(processes[1].pid), time.monotonic()
        send(MESSAGES)
        return (cpu(processes[1].pid) - before) / MESSAGES * 1e6, MESSAGES / (time.monotonic() - begin)
    finally:
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)


results = {name: [] for name in VARIANTS}
for number in range(ROUNDS):
    for name, settings in VARIANTS.items():
        results[name].append(measure(settings))
        print(f"round {number + 1}, {name}: {results[name][-1][0]:.0f} µs of a processor, {results[name][-1][1]:.0f} messages/s", flush=True)
usual = statistics.median(r[0] for r in results["as usual"])
for name, runs in results.items():
    own = statistics.median(r[0] for r in runs)
    print(f"{name}: median {own:.0f} µs of a processor a message ({100 * own / usual:.1f} % of the usual), the least {min(r[0] for r in runs):.0f}, "
          f"{statistics.median(r[1] for r in runs):.0f} messages/s")

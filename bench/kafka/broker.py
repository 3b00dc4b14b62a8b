"""One Apache Kafka broker for all contestants: on free ports, in a temporary folder, stopped at the end."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import procs

CLUSTER = "Z29zaGF3ay1iZW5jaC0wMQ"
READY = 90  # seconds
HEAP = "1g"
# what a single broker needs to say; the rest are Kafka's defaults
CONFIG = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/log
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
"""


def free_ports(count):
    """so many ports that nobody listens on"""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Broker:
    """Use as `with Broker(jars, logs) as broker`"""

    def __init__(self, jars, logs):
        self.jars, self.logs = os.path.abspath(jars), logs
        self.folder = tempfile.mkdtemp(prefix="goshawk-bench-kafka-")
        self.port, controller = free_ports(2)
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.config = os.path.join(self.folder, "server.properties")
        with open(self.config, "w") as f:
            f.write(CONFIG.format(port=self.port, controller=controller, folder=self.folder))

    def java(self, *words, heap=HEAP):
        return ["java", f"-Xmx{heap}", "-Dlog4j2.level=WARN", "-cp", os.path.join(self.jars, "*"), *words]

    def __enter__(self):
        command = self.java("kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER, "--config", self.config)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=READY)
        self.process = procs.Process(self.java("kafka.Kafka", self.config), self.logs, "broker")
        try:
            self.await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.process.stop(signal.SIGTERM, 60)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def await_ready(self):
        while not self.answers():
            if self.process.ended():
                raise procs.Trouble(f"the broker died: {self.process.said()}")
            if time.perf_counter() - self.process.begin > READY:
                raise procs.Trouble(f"the broker is not ready after {READY} s: {self.process.said()}")
            time.sleep(0.1)

    def answers(self):
        """whether it tells which versions it speaks: ApiVersions, version 0, correlation 7, without a client's name"""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as s:
                s.sendall(struct.pack(">ihhih", 10, 18, 0, 7, -1))
                return s.recv(10)[4:] == struct.pack(">ih", 7, 0)
        except OSError:
            return False

    def cpu(self):
        """CPU seconds that the broker has used so far"""
        return procs.cpu(self.process.pid)

    def threads(self):
        return procs.thread_cpu(self.process.pid)

    def make_topic(self, name, partitions):
        command = self.java("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.bootstrap, "--create", "--topic",
                            name, "--partitions", str(partitions), "--config", "retention.ms=-1", "--config",
                            "max.message.bytes=10485760", heap="200m")
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=READY)

    def disk(self, topic):
        """bytes that the partitions of a topic take on the broker's disk"""
        log = os.path.join(self.folder, "log")
        folders = [f for f in os.listdir(log) if f.rpartition("-")[0] == topic]
        return sum(os.path.getsize(os.path.join(log, f, n)) for f in folders for n in os.listdir(os.path.join(log, f))
                   if n.endswith(".log"))

"""A network as Mininet makes it, step by step as the bench asks: a line of JSON says which, then `change` and `down`.

Its own setup of the machine (limits of open files, of terminals, of buffers) is left out: it would outlast the bench. Bridges are the
kernel's, and there is no controller; routers are those of its LinuxRouter example, and get their routes from one `ip -batch` each.
"""
import json
import sys

from mininet.link import Link
from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import Node
from mininet.nodelib import LinuxBridge


class Router(Node):
    def config(self, **params):
        super().config(**params)
        self.cmd("sysctl net.ipv4.ip_forward=1")


def fan(net, wish):
    switch = net.addSwitch("br0")
    for name, address in wish["hosts"]:
        net.addLink(net.addHost(name, ip=address), switch)
    net.start()


def chain(net, wish):
    for name in wish["routers"]:
        net.addHost(name, cls=Router, ip=None)
    for (left, left_address), (right, right_address) in wish["links"]:
        net.addLink(
            net[left], net[right], intfName1=f"{left}-r", intfName2=f"{right}-l",
            params1={"ip": left_address}, params2={"ip": right_address},
        )
    net.start()
    for name, batch in wish["batches"]:
        net[name].cmd(f"ip -batch {batch}")


def answer(word):
    print(word, flush=True)


setLogLevel("error")
Mininet.inited = True
wish = json.loads(sys.stdin.readline())
net = Mininet(switch=LinuxBridge, controller=None, link=Link, autoSetMacs=False)
{"fan": fan, "chain": chain}[wish["kind"]](net, wish)
answer("up")
sys.stdin.readline()
where, line = wish["change"]
net[where].cmd(line)
answer("changed")
sys.stdin.readline()
net.stop()
answer("down")

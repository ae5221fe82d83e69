# SPDX-License-Identifier: Apache-2.0
"""tests/vm/engines/cri.py RUNTIME SCENARIO: a client of containerd's CRI that does what a kubelet does. setup.sh has made its
messages from api.proto. A scenario is a function below; it fails by an exception."""
import base64
import json
import os
import socket
import struct
import subprocess
import sys
import time
from urllib.parse import urlsplit

sys.path.insert(0, '/tmp/cri')
import api_pb2 as api  # pylint: disable=wrong-import-position
import grpc
from google.protobuf import json_format

CHANNEL = grpc.insecure_channel('unix:///run/containerd/containerd.sock')
HANDLER = os.path.basename(sys.argv[1])
IMAGE = 'localhost/busybox:latest'
SLICE = '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{}.slice'
MAPPING = [{'host_id': 131072, 'container_id': 0, 'length': 65536}]
DEFAULT = {'profile_type': 'RuntimeDefault'}


def call(method, **fields):
    """One call; the request is the dictionary of its fields."""
    request = json_format.ParseDict(fields, getattr(api, method + 'Request')())
    rpc = CHANNEL.unary_unary('/runtime.v1.RuntimeService/' + method,
                              request_serializer=type(request).SerializeToString,
                              response_deserializer=getattr(api, method + 'Response').FromString)
    return rpc(request, timeout=200)


def expect(want, got):
    """Equal, or the scenario has failed."""
    if want != got:
        raise AssertionError(f'wanted {want!r}, got {got!r}')


def contains(want, got):
    """`got` has `want` in it."""
    if want not in got:
        raise AssertionError(f'wanted {want!r} in {got!r}')


class Pod:
    """A sandbox, as the kubelet asks for it; used in a with statement, which removes it."""

    def __init__(self, name, handler=HANDLER, parent=SLICE, **security):
        options = security.setdefault('namespace_options', {})
        options.setdefault('pid', 'CONTAINER')
        security.setdefault('seccomp', DEFAULT)
        self.name = name
        self.logs = '/tmp/cri/logs/' + name
        self.config = {
            'metadata': {'name': name, 'uid': name + '-uid', 'namespace': 'default'},
            # a pod in the host's network has the host's name
            'hostname': '' if options.get('network') == 'NODE' else name, 'log_directory': self.logs,
            'linux': {'cgroup_parent': parent.format(name), 'security_context': security},
        }
        self.options = options
        self.id = call('RunPodSandbox', config=self.config, runtime_handler=handler).pod_sandbox_id

    def __enter__(self):
        return self

    def __exit__(self, *_):
        call('StopPodSandbox', pod_sandbox_id=self.id)
        call('RemovePodSandbox', pod_sandbox_id=self.id)

    def run(self, name, command='exec sleep 100000', mounts=(), resources=None, tty=False, **security):
        """Creates and starts a container; returns its id."""
        security.setdefault('namespace_options', self.options)
        security.setdefault('seccomp', DEFAULT)
        security.setdefault('masked_paths', ['/proc/kcore', '/proc/keys', '/sys/firmware', '/proc/none'])
        security.setdefault('readonly_paths', ['/proc/sys', '/proc/bus'])
        config = {
            'metadata': {'name': name}, 'image': {'image': IMAGE}, 'command': ['sh', '-c', command],
            'log_path': name + '.log', 'mounts': list(mounts), 'tty': tty, 'stdin': tty,
            'linux': {'resources': resources or {}, 'security_context': security},
        }
        ctr = call('CreateContainer', pod_sandbox_id=self.id, config=config, sandbox_config=self.config).container_id
        call('StartContainer', container_id=ctr)
        return ctr


def execute(ctr, script, status=0):
    """ExecSync; returns what it wrote."""
    answer = call('ExecSync', container_id=ctr, cmd=['sh', '-c', script], timeout=100)
    text = (answer.stdout + answer.stderr).decode()
    expect((status, text), (answer.exit_code, text))
    return text


def details(ctr):
    """What containerd has to say of a container beyond its status: its pid, its runtime."""
    return json.loads(call('ContainerStatus', container_id=ctr, verbose=True).info['info'])


def read(path):
    """The whole text of a file of the host's."""
    with open(path, encoding='ascii') as file:
        return file.read()


def wait_until(check, what):
    """Until `check` is true, for 20 seconds."""
    for _ in range(200):
        if check():
            return
        time.sleep(0.1)
    raise AssertionError(what)


def features():
    """What containerd read from `features`: user namespaces and recursive read-only mounts for the handler."""
    handlers = {h.name: h.features for h in call('Status').runtime_handlers}
    expect((True, True), (handlers[HANDLER].recursive_read_only_mounts, handlers[HANDLER].user_namespaces))
    if HANDLER == 'cruet':
        expect(True, handlers['cruet-privileged'].user_namespaces)


def restricted():
    """A pod of the restricted standard, from its creation to its end."""
    os.makedirs('/tmp/cri/volume/sub', exist_ok=True)
    subprocess.run(['mount', '-t', 'tmpfs', 'sub', '/tmp/cri/volume/sub'], check=True)
    volume = {'host_path': '/tmp/cri/volume', 'container_path': '/v', 'readonly': True, 'recursive_read_only': True}
    with Pod('restricted') as pod:
        ctr = pod.run('c', 'echo out; echo err >&2; exec sleep 100000', [volume],
                      {'memory_limit_in_bytes': 64 << 20, 'cpu_shares': 102, 'oom_score_adj': 900},
                      run_as_user={'value': 1000}, run_as_group={'value': 1000}, supplemental_groups=[3000],
                      readonly_rootfs=True, no_new_privs=True, apparmor=DEFAULT,
                      capabilities={'drop_capabilities': ['ALL'], 'add_capabilities': ['NET_BIND_SERVICE']})
        said = execute(ctr, '''id -G; grep -E "CapBnd|NoNew|Seccomp:" /proc/1/status; cat /proc/1/attr/current
            touch /x; touch /v/x; touch /v/sub/x; wc -c </proc/keys; echo 1 >/proc/sys/kernel/domainname
            cat /sys/fs/cgroup/memory.max /proc/1/oom_score_adj; hostname; ip -o addr show eth0 | grep -c 10.99''')
        contains('1000 3000\nCapBnd:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2\ncri-containerd.apparmor.d (enforce)\n', said)
        contains('0\n67108864\n900\nrestricted\n1\n', said)
        expect(4, said.count('Read-only file system'))
        execute(ctr, 'exit 9', 9)
        stats = call('ContainerStats', container_id=ctr).stats
        if not stats.memory.working_set_bytes.value:
            raise AssertionError('no statistics')
        call('UpdateContainerResources', container_id=ctr, linux={'memory_limit_in_bytes': 80 << 20})
        expect(f'{80 << 20}\n', execute(ctr, 'cat /sys/fs/cgroup/memory.max'))
        call('StopContainer', container_id=ctr, timeout=0)
        expect(137, call('ContainerStatus', container_id=ctr).status.exit_code)
        call('RemoveContainer', container_id=ctr)
        words = read(pod.logs + '/c.log')
        contains('stdout F out', words)
        contains('stderr F err', words)
    subprocess.run(['umount', '/tmp/cri/volume/sub'], check=True)


def default_runtime():
    """A pod that asks for no handler: a container that is changed while it runs, and ends by itself when it is told to."""
    with Pod('default', handler='') as pod:
        ctr = pod.run('c', 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.1; done', resources={'cpu_shares': 1024})
        expect(sys.argv[1], details(ctr)['runtimeOptions']['binary_name'])
        limits = 'cd /sys/fs/cgroup; cat cpu.weight cpu.max memory.max cpuset.cpus'
        weight = execute(ctr, limits).split()[0]
        call('UpdateContainerResources', container_id=ctr, linux={
            'cpu_shares': 2048, 'cpu_quota': 50000, 'cpu_period': 100000, 'memory_limit_in_bytes': 64 << 20, 'cpuset_cpus': '0'})
        changed = execute(ctr, limits).split()
        expect(['50000', '100000', str(64 << 20), '0'], changed[1:])
        if int(changed[0]) <= int(weight):
            raise AssertionError(f'cpu.weight {weight}, then {changed[0]}')
        if not call('PodSandboxStats', pod_sandbox_id=pod.id).stats.linux.process.process_count.value:
            raise AssertionError('no statistics of the pod')
        wait_until(lambda: 'ready' in read(pod.logs + '/c.log'), 'no log')
        call('StopContainer', container_id=ctr, timeout=60)
        expect(5, call('ContainerStatus', container_id=ctr).status.exit_code)
        contains('stdout F bye', read(pod.logs + '/c.log'))


def cgroupfs():
    """A handler without SystemdCgroup, as for a kubelet whose cgroupDriver is cgroupfs."""
    with Pod('plain', handler=HANDLER + '-cgroupfs', parent='/kubepods/burstable/pod{}') as pod:
        ctr = pod.run('c', resources={'memory_limit_in_bytes': 64 << 20})
        path = f'/kubepods/burstable/podplain/{ctr}'
        expect(f'0::{path}\n', read(f"/proc/{details(ctr)['pid']}/cgroup"))
        expect(f'0::/\n{64 << 20}\n', execute(ctr, 'cat /proc/self/cgroup /sys/fs/cgroup/memory.max'))
        call('UpdateContainerResources', container_id=ctr, linux={'memory_limit_in_bytes': 80 << 20})
        expect(f'{80 << 20}\n', read(f'/sys/fs/cgroup{path}/memory.max'))
        call('StopContainer', container_id=ctr, timeout=0)
        call('RemoveContainer', container_id=ctr)
        expect(False, os.path.exists('/sys/fs/cgroup' + path))


def terminal():
    """tty: true."""
    with Pod('tty') as pod:
        ctr = pod.run('c', 'tty; readlink /proc/self/fd/0; test -t 1 && echo terminal; exec sleep 100000', tty=True)
        wait_until(lambda: 'terminal' in read(pod.logs + '/c.log'), 'nothing written')
        contains('/dev/pts/0', read(pod.logs + '/c.log'))
        contains('crw--w----    1 root     5 ', execute(ctr, 'ls -l /dev/pts/0'))
        url = call('Exec', container_id=ctr, cmd=['sh', '-c', 'tty'], tty=True, stdin=True, stdout=True).url
        contains(b'/dev/pts/1', b''.join(data for channel, data in websocket(url) if channel == 1))


def localhost_profiles():
    """Profiles of the node: seccomp by a file, AppArmor by a name."""
    path = '/tmp/cri/profile.json'
    with open(path, 'w', encoding='ascii') as profile:
        profile.write('{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"],'
                      ' "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}')
    subprocess.run(['apparmor_parser', '-r'], check=True, input=b'''
        profile cri-test flags=(attach_disconnected,mediate_deleted) {
          file, capability, network, signal, ptrace, mount, umount,
          deny /etc/passwd r,
        }''')
    with Pod('localhost') as pod:
        ctr = pod.run('c', seccomp={'profile_type': 'Localhost', 'localhost_ref': path},
                      apparmor={'profile_type': 'Localhost', 'localhost_ref': 'cri-test'})
        said = execute(ctr, 'cat /proc/1/attr/current; mkdir /x; cat /etc/passwd', 1)
        contains('cri-test (enforce)\n', said)
        contains('not supported', said)
        contains("can't open '/etc/passwd': Permission denied", said)


def user_namespace():
    """hostUsers: false, with a volume, and two containers that share the pod's namespace."""
    os.makedirs('/tmp/cri/mapped', exist_ok=True)
    with open('/tmp/cri/mapped/file', 'w', encoding='ascii') as file:
        file.write('text')
    volume = {'host_path': '/tmp/cri/mapped', 'container_path': '/v', 'uidMappings': MAPPING, 'gidMappings': MAPPING}
    mapped = {'pid': 'CONTAINER', 'userns_options': {'mode': 'POD', 'uids': MAPPING, 'gids': MAPPING}}
    with Pod('userns', namespace_options=mapped) as pod:
        first = pod.run('first', mounts=[volume], apparmor=DEFAULT)
        second = pod.run('second', mounts=[volume], apparmor=DEFAULT)
        script = '''echo $(cat /proc/self/uid_map) $(stat -c %u /v/file /bin/busybox) $(hostname); readlink /proc/self/ns/user
            touch /v/new; cat /proc/1/attr/current'''
        said = execute(first, script)
        contains('0 131072 65536 0 0 userns\n', said)
        contains('cri-containerd.apparmor.d (enforce)', said)
        expect(said, execute(second, script))
    expect(0, os.stat('/tmp/cri/mapped/new').st_uid)


def mapped_host_network():
    """hostUsers: false in the host's network. containerd 2.1 fails by itself, before it has started any runtime."""
    options = {'network': 'NODE', 'pid': 'CONTAINER', 'userns_options': {'mode': 'POD', 'uids': MAPPING, 'gids': MAPPING}}
    try:
        pod = Pod('mappednode', namespace_options=options)
    except grpc.RpcError as error:
        if 'failed to pin user namespace' in error.details():
            print('containerd: ' + error.details().split(': ', 1)[1])
            sys.exit(77)
        raise
    with pod:
        said = execute(pod.run('c'), 'echo $(cat /proc/self/uid_map); readlink /proc/self/ns/net')
        expect('0 131072 65536\n' + os.readlink('/proc/self/ns/net') + '\n', said)


def unmasked_proc():
    """procMount: Unmasked, which wants hostUsers: false: containers within a container. The default has a masked /proc."""
    mapped = {'pid': 'CONTAINER', 'userns_options': {'mode': 'POD', 'uids': MAPPING, 'gids': MAPPING}}
    free = {'seccomp': {'profile_type': 'Unconfined'}, 'apparmor': {'profile_type': 'Unconfined'},
            'capabilities': {'add_capabilities': ['SYS_ADMIN']}}
    nested = 'unshare -Urmpf mount -t proc proc /mnt && echo nested'
    with Pod('unmasked', namespace_options=mapped) as pod:
        ctr = pod.run('unmasked', masked_paths=[], readonly_paths=[], **free)
        said = execute(ctr, 'grep -c " /proc/" /proc/self/mountinfo; test -w /proc/sys && echo open; ' + nested)
        expect('0\nopen\nnested\n', said)
        said = execute(pod.run('masked', **free), nested, 1)
        contains('mount', said)


def privileged():
    """privileged: true."""
    with Pod('privileged', privileged=True) as pod:
        ctr = pod.run('c', privileged=True, masked_paths=[], readonly_paths=[], seccomp={'profile_type': 'Unconfined'})
        caps = [line for line in read('/proc/self/status').splitlines(True) if line.startswith('CapEff')][0]
        said = execute(ctr, '''grep CapEff /proc/self/status; readlink /dev/ptmx; ls /dev/loop-control; cat /proc/1/attr/current
            mount -t tmpfs x /mnt && mkdir /sys/fs/cgroup/x && echo made; rmdir /sys/fs/cgroup/x''')
        contains(caps + 'pts/ptmx\n/dev/loop-control\nunconfined\nmade\n', said)


def privileged_handler():
    """The runtime class cruet-privileged: an ordinary pod is privileged all the same."""
    with Pod('handler', handler='cruet-privileged') as pod:
        said = execute(pod.run('c'), 'grep -E "CapEff|Seccomp:" /proc/1/status; mount -t tmpfs x /mnt && echo mounted')
        contains('CapEff:\t000001ffffffffff\nSeccomp:\t0\nmounted', said)


def host_namespaces():
    """hostNetwork, hostPID, hostIPC; the end of the container kills all that it started."""
    with Pod('host', namespace_options={'network': 'NODE', 'pid': 'NODE', 'ipc': 'NODE'}) as pod:
        ctr = pod.run('c', 'sleep 99999 & exec sleep 99998')
        said = execute(ctr, 'for n in net pid ipc; do readlink /proc/self/ns/$n; done')
        expect(''.join(os.readlink('/proc/self/ns/' + n) + '\n' for n in ('net', 'pid', 'ipc')), said)
        call('StopContainer', container_id=ctr, timeout=0)
        search = ['pgrep', '-f', 'sleep 9999[89]']
        wait_until(lambda: subprocess.run(search, check=False, stdout=subprocess.DEVNULL).returncode, 'a process of the container is left')


def shared_pid():
    """shareProcessNamespace: the containers see each other; the other namespaces of a pod are shared in any case."""
    with Pod('shared', namespace_options={'pid': 'POD'}) as pod:
        first, second = pod.run('first', 'exec sleep 77777'), pod.run('second')
        shared = 'for n in net ipc uts pid; do readlink /proc/self/ns/$n; done'
        expect(execute(first, shared), execute(second, shared))
        contains('sleep 77777', execute(second, 'ps'))


def websocket(url):
    """Opens a stream of the CRI; yields (channel, bytes). RFC 6455, with what a server may send."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as sock:
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall((f'GET {place.path}?{place.query} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\n'
                      f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n'
                      'Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n').encode())
        stream = sock.makefile('rb')
        line = stream.readline()
        contains(b' 101 ', line)
        while line.strip():
            line = stream.readline()
        while len(head := stream.read(2)) == 2 and head[0] & 15 != 8:
            size = head[1] & 127
            if size == 126:
                size, = struct.unpack('>H', stream.read(2))
            data = stream.read(size)
            if head[0] & 15 in (0, 1, 2) and data:
                yield data[0], data[1:]


def streaming():
    """Exec by a stream."""
    with Pod('stream') as pod:
        url = call('Exec', container_id=pod.run('c'), cmd=['sh', '-c', 'echo out; echo err >&2; exit 3'], stdout=True, stderr=True).url
        said = {}
        for channel, data in websocket(url):
            said[channel] = said.get(channel, b'') + data
        expect((b'out\n', b'err\n'), (said[1], said[2]))
        contains(b'"3"', said[3])


globals()[sys.argv[2]]()

# Arguments: folder, java, class path, and those of the script itself.
folder=$1; java=$2; path=$3; shift 3
set -u
jvm() { "$java" -Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$path" "$@"; }
fairlead() { jvm io.fairlead.cli.Fairlead "$@"; }
peers() { jvm io.fairlead.cli.InterceptionPeers "$@"; }
await() { # file text
  for i in $(seq 300); do grep -q "$2" "$1" 2> /dev/null && return; sleep 0.1; done
  echo "no '$2' in $1:"; tail -n 20 "$1"
}
await_port() { # command that runs where the port is, host and port
  for i in $(seq 100); do
    "$1" timeout 1 bash -c "exec 3<>/dev/tcp/$2" 2> /dev/null && return; sleep 0.1
  done
  echo "nobody listens on $2"
}

mount -t tmpfs none /run
ip link set lo up
ip netns add app
ip link add hub type veth peer name eth0 netns app
ip addr add 10.9.1.1/24 dev hub
ip link set hub up
ip -n app addr add 10.9.1.2/24 dev eth0
ip -n app link set lo up
ip -n app link set eth0 up
# What stands before a command, not a function: the process must be the one that is started.
here=env
app='ip netns exec app'
within() { ip netns exec app "$@"; }

fairlead up --data "$folder/data" --address 10.9.1.1 --http-port 7080 > "$folder/up" 2>&1 &
peers http bank 8081 http outside 8082 http excluded 8083 banner 2525 > "$folder/peers" 2>&1 &

# Runs a sidecar in the background. Arguments: what stands before, service, port of the
# application, others.
sidecar() {
  local where=$1 service=$2 port=$3; shift 3
  # What the one before has said must not be taken for what this one says.
  rm -f "$folder/$service"
  $where "$java" -Xmx96m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$path" \
    io.fairlead.cli.Fairlead sidecar --service "$service" --app-port "$port" --health-path / \
    --data "$folder/data" --registry http://10.9.1.1:7080 --control 10.9.1.1:15012 --otlp none \
    "$@" > "$folder/$service" 2>&1 &
  sidecar=$!
}

# What an application calls that is not the proxy's user.
other="setpriv --reuid 65534 --clear-groups"
get() { curl -s --noproxy '*' --max-time 8 "$@" || echo none; }
ask() { within $other "$java" -Xmx32m -cp "$folder/classes" io.fairlead.cli.InterceptionPeers ask "$@"; }
status() { curl -s -o /dev/null -w '%{http_code}\n' --noproxy '*' --max-time 8 "$@"; }
# A class path that others than root can read.
chmod -R a+rX "$folder"
await "$folder/up" 'services and configuration\|PORT'
register() { # service and port
  for i in $(seq 50); do
    curl -sf -X PUT -d "{\"host\":\"10.9.1.1\",\"port\":$2,\"leaseSeconds\":600}" \
      -o /dev/null "http://10.9.1.1:7080/v1/services/$1/instances/$1-1" && return
    sleep 0.2
  done
  echo "cannot register $1"
}

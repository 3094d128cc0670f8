"""The proxies under test and the server behind them, each with one worker and equal duties: forward
over kept connections of HTTP/1.1 and say who the client was."""

import collections
import json
import os
import subprocess

SMALL = 100
LARGE = 60_000
SUITE = "TLS_AES_256_GCM_SHA384"

# Where a proxy listens in clear text, and within TLS for both versions of HTTP.
Ports = collections.namedtuple("Ports", "plain secure")


def certificate(folder):
    """Makes a certificate for localhost; returns its path without the ending."""
    path = f"{folder}/localhost"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", f"{path}.key", "-out", f"{path}.pem"],
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        raise OSError(f"no certificate: {made.stderr[-500:]}")
    os.chmod(f"{path}.key", 0o600)
    return path


def _nginx(folder, server):
    # Workers of root's nginx change to another user, who cannot read a private folder.
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "\n".join(
        f"  {kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
{temporary}
{server}
}}
"""


def backend(folder, port):
    """Answers /100 from memory and /60000 from a cached file. Returns its command."""
    os.makedirs(folder)
    with open(f"{folder}/{LARGE}", "w") as body:
        body.write("b" * LARGE)
    server = f"""
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    default_type text/plain;
    root {folder};
    location = /{SMALL} {{ return 200 "{"a" * SMALL}"; }}
    location = /{LARGE} {{ }}
  }}"""
    return _write_nginx(folder, server)


def nginx(folder, ports, upstream, certificate):
    os.makedirs(folder)
    server = f"""
  upstream backend {{
    server 127.0.0.1:{upstream};
    keepalive 1024;
    keepalive_requests 1000000000;
  }}
  ssl_certificate {certificate}.pem;
  ssl_certificate_key {certificate}.key;
  ssl_protocols TLSv1.3;
  ssl_conf_command Ciphersuites {SUITE};
  server {{
    listen 127.0.0.1:{ports.plain} backlog=1024;
    listen 127.0.0.1:{ports.secure} ssl http2 backlog=1024;
    location / {{
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_buffers 8 16k;
      proxy_buffer_size 16k;
    }}
  }}"""
    return _write_nginx(folder, server)


def grpc_backend(folder, port):
    """Answers each call with the message that it would be sent, and status 0 in trailers."""
    os.makedirs(folder)
    for name in ("call", str(SMALL), str(LARGE)):
        grpc_body(f"{folder}/{name}", LARGE if name == str(LARGE) else SMALL)
    options = ["--no-tls", "-n1", "--trailer", "grpc-status: 0", "-d", folder]
    return ["nghttpd", "--address=127.0.0.1", *options, str(port)]


def grpc_body(path, size):
    """A message of gRPC with its prefix, this large as a whole."""
    with open(path, "wb") as out:
        out.write(b"\0" + (size - 5).to_bytes(4, "big") + b"m" * (size - 5))
    return path


def pair_certificates(folder):
    """An authority and certificates of both sides of a pair; the path of the folder with them."""

    def run(*words):
        made = subprocess.run(["openssl", *words], capture_output=True, text=True)
        if made.returncode != 0:
            raise OSError(f"no certificate: {made.stderr[-500:]}")

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    authority = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key"]
    for side, more in (("ca", []), ("server", authority), ("client", authority)):
        files = ["-keyout", f"{folder}/{side}.key", "-out", f"{folder}/{side}.pem"]
        alternative = ["-addext", f"subjectAltName=DNS:{side}.local"]
        run("req", "-x509", *new, "-subj", f"/CN={side}", *alternative, *files, *more)
    return folder


def nginx_side(folder, side, port, upstream, certificates):
    """One proxy of a pair: towards the other one, or from there to the backend."""
    os.makedirs(folder)
    own = f"{certificates}/{side}"
    client = f"""proxy_pass https://next;
      proxy_ssl_certificate {own}.pem;
      proxy_ssl_certificate_key {own}.key;
      proxy_ssl_trusted_certificate {certificates}/ca.pem;
      proxy_ssl_verify on;
      proxy_ssl_name server.local;
      proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.3;"""
    listens = f"""listen 127.0.0.1:{port} ssl backlog=1024;
    ssl_certificate {own}.pem;
    ssl_certificate_key {own}.key;
    ssl_client_certificate {certificates}/ca.pem;
    ssl_verify_client on;
    ssl_protocols TLSv1.3;"""
    server = f"""
  upstream next {{
    server 127.0.0.1:{upstream};
    keepalive 128;
    keepalive_requests 1000000000;
  }}
  server {{
    {listens if side == "server" else f"listen 127.0.0.1:{port} backlog=1024;"}
    location / {{
      {client if side == "client" else "proxy_pass http://next;"}
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}"""
    return _write_nginx(folder, server)


def envoy_side(program, folder, side, port, upstream, certificates):
    """The same with the filters of a mesh."""
    os.makedirs(folder)
    tls = "envoy.extensions.transport_sockets.tls.v3"
    context = {
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_3",
            "tls_maximum_protocol_version": "TLSv1_3",
        },
        "tls_certificates": [
            {
                "certificate_chain": {"filename": f"{certificates}/{side}.pem"},
                "private_key": {"filename": f"{certificates}/{side}.key"},
            }
        ],
        "validation_context": {"trusted_ca": {"filename": f"{certificates}/ca.pem"}},
    }
    listener = _envoy_listener("in", port, True, None)
    cluster = _envoy_cluster(upstream, True)
    name = "envoy.transport_sockets.tls"
    if side == "server":
        listener["filter_chains"][0]["transport_socket"] = _extension(
            name,
            f"{tls}.DownstreamTlsContext",
            common_tls_context=context,
            require_client_certificate=True,
        )
    else:
        cluster["transport_socket"] = _extension(
            name, f"{tls}.UpstreamTlsContext", common_tls_context=context, sni="server.local"
        )
    return _write_envoy(program, folder, {"listeners": [listener], "clusters": [cluster]})


def _write_nginx(folder, server):
    path = f"{folder}/nginx.conf"
    with open(path, "w") as out:
        out.write(_nginx(folder, server))
    return ["nginx", "-e", f"{folder}/error.log", "-c", path]


def haproxy(folder, ports, upstream, certificate):
    os.makedirs(folder)
    path = f"{folder}/haproxy.cfg"
    with open(f"{certificate}.pem") as chain, open(f"{certificate}.key") as key:
        both = chain.read() + key.read()
    with open(f"{folder}/both.pem", "w") as out:
        out.write(both)
    with open(path, "w") as out:
        out.write(
            f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 1h
  http-reuse always
  option forwardfor
frontend web
  bind 127.0.0.1:{ports.plain} backlog 1024
  bind 127.0.0.1:{ports.secure} ssl crt {folder}/both.pem alpn h2,http/1.1 ssl-min-ver TLSv1.3 ciphersuites {SUITE} backlog 1024
  default_backend backend
backend backend
  server one 127.0.0.1:{upstream} pool-max-conn -1
"""
        )
    return ["haproxy", "-db", "-f", path]


def envoy(program, folder, ports, admin, upstream, certificate, mesh=False, grpc=False):
    """Envoy with the router alone, or with the filters that a mesh puts before it."""
    os.makedirs(folder)
    listeners = [
        _envoy_listener("plain", ports.plain, mesh, None),
        _envoy_listener("secure", ports.secure, mesh, certificate),
    ]
    cluster = _envoy_cluster(upstream, mesh)
    if grpc:
        http = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        options = {"explicit_http_config": {"http2_protocol_options": {}}}
        cluster["typed_extension_protocol_options"] = {
            http: {"@type": f"type.googleapis.com/{http}", **options}
        }
    resources = {"listeners": listeners, "clusters": [cluster]}
    return _write_envoy(program, folder, resources, admin)


def _envoy_cluster(upstream, mesh):
    cluster = {
        "name": "backend",
        "type": "STATIC",
        "connect_timeout": "5s",
        "lb_policy": "LEAST_REQUEST" if mesh else "ROUND_ROBIN",
        "load_assignment": {
            "cluster_name": "backend",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(upstream)}}]}],
        },
    }
    if mesh:
        bounds = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
        thresholds = {name: 1_000_000 for name in bounds}
        cluster["circuit_breakers"] = {"thresholds": [thresholds]}
        cluster["outlier_detection"] = {"consecutive_5xx": 5}
    return cluster


def _write_envoy(program, folder, resources, admin=None):
    config = {"node": {"id": "bench", "cluster": "bench"}, "static_resources": resources}
    if admin is not None:
        config["admin"] = {"address": _address(admin)}
    path = f"{folder}/envoy.json"
    with open(path, "w") as out:
        json.dump(config, out, indent=1)
    options = ["--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    return [program, "-c", path, *options]


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _extension(name, kind, **fields):
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/{kind}", **fields}}


def _envoy_listener(name, port, mesh, certificate):
    http = "envoy.extensions.filters.http"
    filters = []
    if mesh:
        share = {"numerator": 100, "denominator": "HUNDRED"}
        everybody = {"permissions": [{"any": True}], "principals": [{"any": True}]}
        filters = [
            _extension(
                "envoy.filters.http.rbac",
                f"{http}.rbac.v3.RBAC",
                rules={"action": "ALLOW", "policies": {"all": everybody}},
            ),
            _extension(
                "envoy.filters.http.local_ratelimit",
                f"{http}.local_ratelimit.v3.LocalRateLimit",
                stat_prefix="limit",
                token_bucket={
                    "max_tokens": 10**9,
                    "tokens_per_fill": 10**9,
                    "fill_interval": "1s",
                },
                filter_enabled={"runtime_key": "on", "default_value": share},
                filter_enforced={"runtime_key": "enforced", "default_value": share},
            ),
        ]
    filters.append(_extension("envoy.filters.http.router", f"{http}.router.v3.Router"))
    route = {"match": {"prefix": "/"}, "route": {"cluster": "backend", "timeout": "60s"}}
    manager = _extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="web",
        http_filters=filters,
        use_remote_address=True,
        generate_request_id=mesh,
        route_config={
            "name": "all",
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}],
        },
    )
    chain = {"filters": [manager]}
    if certificate is not None:
        chain["transport_socket"] = _extension(
            "envoy.transport_sockets.tls",
            "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            common_tls_context={
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_3"},
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": f"{certificate}.pem"},
                        "private_key": {"filename": f"{certificate}.key"},
                    }
                ],
            },
        )
    return {
        "name": name,
        "address": _address(port),
        "filter_chains": [chain],
        "tcp_backlog_size": 1024,
    }


def fairlead(
    launcher, folder, ports, admin, upstream, certificate, collector, mesh=False, grpc=False, workers=1
):
    """Our gateway with routes alone, or with what a mesh asks of each request besides."""
    os.makedirs(folder)
    path = f"{folder}/gateway.yaml"
    with open(path, "w") as out:
        protocol = "GRPC" if grpc else "HTTP"
        out.write(_GATEWAY.format(ports=ports, upstream=upstream, certificate=certificate, protocol=protocol))
        out.write(_MESH if mesh else "")
    command = [launcher, "gateway", "-f", path, "--concurrency", str(workers)]
    command += ["--admin", f"127.0.0.1:{admin}"]
    if mesh:
        return command + ["--otlp", f"http://127.0.0.1:{collector}", "--sample-percent", "1"]
    return command + ["--otlp", "none"]


_GATEWAY = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: bench }}
spec:
  listeners:
    - {{ name: plain, port: {ports.plain} }}
    - name: secure
      port: {ports.secure}
      protocol: HTTPS
      tls: {{ certificateRefs: [{{ kind: Secret, name: localhost }}] }}
---
apiVersion: v1
kind: Secret
metadata: {{ name: localhost }}
type: kubernetes.io/tls
files: {{ tls.crt: {certificate}.pem, tls.key: {certificate}.key }}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: backend }}
spec:
  hosts: [backend]
  resolution: STATIC
  ports: [{{ number: {upstream}, name: http, protocol: {protocol} }}]
  endpoints: [{{ address: 127.0.0.1, ports: {{ http: {upstream} }} }}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: all }}
spec:
  parentRefs: [{{ name: bench }}]
  rules: [{{ backendRefs: [{{ name: backend }}] }}]
"""

_MESH = """---
apiVersion: fairlead.io/v1
kind: ResiliencePolicy
metadata: { name: route }
spec:
  targetRefs: [{ kind: HTTPRoute, name: all }]
  rateLimit: { limit: 1000000, period: 1s }
---
apiVersion: fairlead.io/v1
kind: ResiliencePolicy
metadata: { name: backend }
spec:
  targetRefs: [{ kind: Service, name: backend }]
  circuitBreaker: { failureRateThreshold: 50 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: backend }
spec:
  host: backend
  trafficPolicy: { outlierDetection: { consecutive5xxErrors: 5 } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: bench }
spec:
  targetRefs: [{ kind: Gateway, name: bench }]
  action: ALLOW
  rules: [{ to: [{ operation: { methods: [GET] } }] }]
"""

"""The proxies under test and the server behind them, each with one worker and equal duties: forward
HTTP/1.1 over kept connections and say who the client was."""

import os

SMALL = 100
LARGE = 60_000


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


def nginx(folder, port, upstream):
    os.makedirs(folder)
    server = f"""
  upstream backend {{
    server 127.0.0.1:{upstream};
    keepalive 256;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
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


def _write_nginx(folder, server):
    path = f"{folder}/nginx.conf"
    with open(path, "w") as out:
        out.write(_nginx(folder, server))
    return ["nginx", "-e", f"{folder}/error.log", "-c", path]


def haproxy(folder, port, upstream):
    os.makedirs(folder)
    path = f"{folder}/haproxy.cfg"
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
  bind 127.0.0.1:{port} backlog 1024
  default_backend backend
backend backend
  server one 127.0.0.1:{upstream} pool-max-conn -1
"""
        )
    return ["haproxy", "-db", "-f", path]


def fairlead(launcher, folder, port, admin, upstream):
    os.makedirs(folder)
    path = f"{folder}/gateway.yaml"
    with open(path, "w") as out:
        out.write(
            f"""apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{ name: bench }}
spec: {{ listeners: [{{ name: web, port: {port} }}] }}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{ name: backend }}
spec:
  hosts: [backend]
  resolution: STATIC
  ports: [{{ number: {upstream}, name: http, protocol: HTTP }}]
  endpoints: [{{ address: 127.0.0.1, ports: {{ http: {upstream} }} }}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{ name: all }}
spec:
  parentRefs: [{{ name: bench }}]
  rules: [{{ backendRefs: [{{ name: backend }}] }}]
"""
        )
    admin_address = f"127.0.0.1:{admin}"
    return [launcher, "gateway", "-f", path, "--concurrency", "1", "--admin", admin_address] + [
        "--otlp",
        "none",
    ]

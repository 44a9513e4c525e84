"""A private nginx that answers from its configuration alone: for tests with very many tasks."""
import socket
import subprocess
import time

BINARY = "/usr/sbin/nginx"
CONF = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""


class Nginx:
    def __init__(self, folder, locations):
        folder.chmod(0o755)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        (folder / "nginx.conf").write_text(CONF.format(dir=folder, port=self.port, locations=locations))
        self.process = subprocess.Popen([BINARY, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.0.1", self.port)) != 0:
            assert time.monotonic() < until and self.process.poll() is None
            time.sleep(0.01)

    def close(self):
        self.process.terminate()
        self.process.wait(10)

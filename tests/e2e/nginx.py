"""A private nginx on loopback."""
import os
import socket
import subprocess

BINARY = "/usr/sbin/nginx"
CONF = """
daemon off; worker_processes 1; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
  log_format j '{{"path":"$uri","protocol":"$server_protocol","connection":$connection}}';
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  server {{ listen 127.0.0.1:{port} {listen}; {server} }}
}}
"""


class Nginx:
    """`listen` are options of the port, `server` what the server block holds beside."""

    def __init__(self, folder, server, listen=""):
        folder.chmod(0o755)
        # The port is nginx's before nginx runs (it takes over sockets that the variable names): nobody else can get
        # it, and who connects early waits.
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen(512)
            self.port = s.getsockname()[1]
            (folder / "nginx.conf").write_text(CONF.format(dir=folder, port=self.port, listen=listen, server=server))
            self.process = subprocess.Popen([BINARY, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL,
                                            pass_fds=[s.fileno()], env=dict(os.environ, NGINX=f"{s.fileno()};"))

    def close(self):
        self.process.terminate()
        self.process.wait(60)

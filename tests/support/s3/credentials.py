"""Where a machine gets its keys from: the instance's metadata (IMDSv2), a container's agent, and STS."""
import json
import urllib.parse

ROLE = "reeltally-role"
METADATA_TOKEN = "metadata-token"


class Credentials:
    """Answers the unsigned requests for keys. `keys` are the server's own: what is handed out is accepted there."""

    def __init__(self, scenario, keys, now):
        self.scenario = scenario  # {"life": seconds, "token": of the container, "web_token": of the web identity}
        self.keys = keys
        self.now = now
        self.issued = 0

    def issue(self):
        self.issued += 1
        key_id = f"ISSUED{self.issued}"
        expires = self.now() + self.scenario.get("life", 3600)
        # Named so that the canary tests find them wherever they leak to.
        secret, token = f"secret-canary-{self.issued}", f"token-canary-{self.issued}/+="
        self.keys[key_id] = {"secret": secret, "token": token, "expires": expires}
        return key_id, secret, token, expires

    def answer(self, method, path, query, headers, body):
        """Status, content type and body; None when the address is none of these."""
        if path == "/latest/api/token":
            if method != "PUT" or not headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
                return 400, "text/plain", "no TTL"
            return 200, "text/plain", METADATA_TOKEN
        base = "/latest/meta-data/iam/security-credentials/"
        if path.startswith(base):
            if headers.get("x-aws-ec2-metadata-token") != METADATA_TOKEN:
                return 401, "text/plain", "no token"
            if path == base:
                return 200, "text/plain", ROLE + "\n"
            return self.document() if path == base + ROLE else (404, "text/plain", "no such role")
        if path == "/container":
            wanted = self.scenario.get("token")
            if wanted and headers.get("authorization") != wanted:
                return 403, "application/json", "{}"
            return self.document()
        if path == "/" and method == "POST" and "aws4" not in headers.get("authorization", "").lower():
            return self.assume_role(dict(urllib.parse.parse_qsl(body.decode())))
        return None

    def document(self):
        key_id, secret, token, expires = self.issue()
        return 200, "application/json", json.dumps({
            "Code": "Success", "AccessKeyId": key_id, "SecretAccessKey": secret, "Token": token,
            "Expiration": iso(expires)})

    def assume_role(self, form):
        if form.get("Action") != "AssumeRoleWithWebIdentity" or form.get("Version") != "2011-06-15":
            return 400, "text/xml", error("InvalidAction")
        if form.get("WebIdentityToken") != self.scenario.get("web_token") or not form.get("RoleSessionName"):
            return 400, "text/xml", error("InvalidIdentityToken")
        if not form.get("RoleArn", "").startswith("arn:aws:iam::"):
            return 403, "text/xml", error("AccessDenied")
        key_id, secret, token, expires = self.issue()
        return 200, "text/xml", (
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{key_id}</AccessKeyId>"
            f"<SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>"
            f"<Expiration>{iso(expires)}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
            "</AssumeRoleWithWebIdentityResponse>")


def error(code):
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>refused</Message></Error></ErrorResponse>"


def iso(seconds):
    import time
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

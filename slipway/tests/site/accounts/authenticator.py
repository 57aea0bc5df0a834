"""An authenticator for passkeys, in software."""

import json
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG


class Device:
    def __init__(self, origin="https://testserver", id=b"credential"):
        self.origin, self.id = origin, id
        self.key = ec.generate_private_key(ec.SECP256R1())

    def data(self, host, credential=b""):
        flags = FLAG.UP | FLAG.UV | (FLAG.AT if credential else FLAG(0))
        return AuthenticatorData.create(sha256(host.encode()).digest(), flags, 1, credential)

    def answer(self, **response):
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        names = {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "type": "public-key"}
        return json.loads(json.dumps({**names, "response": encoded, "clientExtensionResults": {}}))

    def create(self, options):
        """The result of navigator.credentials.create()."""
        public = options["publicKey"]
        client = CollectedClientData.create("webauthn.create", websafe_decode(public["challenge"]), self.origin)
        key = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.id, key)
        attestation = AttestationObject.create("none", self.data(public["rp"]["id"], credential), {})
        return self.answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options):
        """The result of navigator.credentials.get()."""
        public = options["publicKey"]
        client = CollectedClientData.create("webauthn.get", websafe_decode(public["challenge"]), self.origin)
        data = self.data(public["rpId"])
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self.answer(clientDataJSON=client, authenticatorData=data, signature=signature)

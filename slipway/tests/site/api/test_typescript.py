"""The types that docs/api.md makes from the schema, in programs that tsc compiles."""

import json
import re
import shutil
import subprocess

import pytest
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListCreateAPIView

from apps.notifications.models import Notification
from config.urls import urlpatterns as site
from tests.commands import ROOT

PACKAGES = ["openapi-fetch@0.17.0", "typescript@5.9.3"]
OPTIONS = {"strict": True, "target": "es2022", "module": "esnext", "moduleResolution": "bundler", "noEmit": True}

# tsc rejects a @ts-expect-error without an error in the next line.
PROGRAM = """
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(equal: Same<A, B>) {}

const client = createClient<paths>({ baseUrl: "http://localhost:8000" });

const signIn = await client.POST("/api/v1/auth/login/", { body: { email: "ada@example.com", password: "x" } });
same<typeof signIn.data, { access: string; refresh: string } | undefined>(true);
const mfa = signIn.error && "mfa" in signIn.error ? signIn.error.mfa : undefined;
same<typeof mfa, { token: string; methods: string[]; options: { [key: string]: unknown } | null } | undefined>(true);
if (mfa) await client.POST("/api/v1/auth/login/mfa/", { body: { token: mfa.token, code: "123456" } });
const refreshed = await client.POST("/api/v1/auth/refresh/", { body: { refresh: "x" } });
same<typeof refreshed.error, Schemas["Error"] | undefined>(true);
same<Schemas["Error"]["error"]["fields"], { [key: string]: string[] }>(true);
same<Schemas["Error"]["error"]["request_id"], string | null>(true);
// @ts-expect-error The password is required.
await client.POST("/api/v1/auth/login/", { body: { email: "ada@example.com" } });
// @ts-expect-error The body is required.
await client.POST("/api/v1/auth/login/", {});

const users = await client.GET("/api/v1/users/", { params: { query: { page: 2, is_staff: true } } });
same<typeof users.error, Schemas["Error"] | undefined>(true);
if (users.data) {
  same<typeof users.data.results, Schemas["User"][]>(true);
  same<typeof users.data.next, string | null>(true);
  const texts: string[] = users.data.results.map((user) => user.name);
  const dates: (string | null)[] = users.data.results.map((user) => user.last_login);
}
// @ts-expect-error A page is a number.
await client.GET("/api/v1/users/", { params: { query: { page: "two" } } });
// @ts-expect-error A name is a text.
await client.PATCH("/api/v1/users/me/", { body: { name: 5 } });

const read = await client.POST("/api/v1/notifications/{id}/read/", { params: { path: { id: 1 } } });
same<typeof read.data, Schemas["Notification"] | undefined>(true);
// @ts-expect-error The id is required.
await client.POST("/api/v1/notifications/{id}/read/", {});
const signIns = await client.GET("/api/v1/auth/sign-ins/");
same<NonNullable<typeof signIns.data>[0]["client"], "token" | "browser">(true);
const exported = await client.GET("/api/v1/users/me/export/");
same<typeof exported.data, { [key: string]: unknown } | undefined>(true);
const removed = await client.DELETE("/api/v1/users/me/");
same<typeof removed.data, undefined>(true);

const texts = await client.POST("/api/v1/texts/", { body: { kind: "invoice", text: "Hello" } });
same<NonNullable<typeof texts.data>["kind"], "comment" | "invoice">(true);
if (!texts.data && texts.response.status === 409) same<typeof texts.error.error.code, string>(true);
// @ts-expect-error No such kind.
await client.POST("/api/v1/texts/", { body: { kind: "letter", text: "Hello" } });
"""


class TextSerializer(serializers.ModelSerializer):
    kind = serializers.ChoiceField(choices=["comment", "invoice"])

    class Meta:
        model = Notification
        fields = ["id", "kind", "text"]


@extend_schema(summary="Texts.")
class TextsView(ListCreateAPIView):
    queryset = Notification.objects.all()
    serializer_class = TextSerializer


urlpatterns = [path("api/v1/texts/", TextsView.as_view()), *site]


@pytest.mark.slow
@pytest.mark.urls(__name__)
def test_the_types_of_the_schema_are_exact(live_server, tmp_path):
    if not shutil.which("npm"):
        pytest.skip("needs npm, of Node.js")
    docs = (ROOT / "docs/api.md").read_text()
    command = re.search(r"npx (openapi-typescript@\S+) (\S+) --output schema.d.ts", docs)
    example = re.search(r"```ts\n(.*?)```", docs, re.DOTALL)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS}))
    (tmp_path / "example.ts").write_text(example[1])
    (tmp_path / "program.ts").write_text(PROGRAM)

    def run(*words):
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    run("npm", "install", "--no-audit", "--no-fund", command[1], *PACKAGES)
    run(*command[0].replace("http://localhost:8000", live_server.url).split())
    types = (tmp_path / "schema.d.ts").read_text()
    assert not re.search(r': any\b|"application/json": unknown', types)
    run("npx", "tsc", "--project", ".")

"""On Render's free plan, the free Blueprint is the one at the root, and the other waits for better days."""

from slipway.tree import Files

FREE, PAID, ROOT = "deploy/render-free.yaml", "deploy/render-paid.yaml", "render.yaml"
# These speak of both, and the others only of the one that is not at the root.
OF_BOTH = ["docs/render.md", "slipway/features.toml"]


def on_the_free_plan(files: Files) -> Files:
    moved = {path: content for path, content in files.items() if path not in (FREE, ROOT)}
    moved[ROOT], moved[PAID] = files[FREE], files[ROOT]
    for path, content in moved.items():
        if path in OF_BOTH:
            moved[path] = swapped(content.decode()).encode()
        elif FREE.encode() in content:
            moved[path] = content.replace(FREE.encode(), PAID.encode())
    return moved


def swapped(text: str) -> str:
    return PAID.join(part.replace(FREE, ROOT) for part in text.split(ROOT))

"""On Render's free plan, the free Blueprint is render.yaml, and the paid one is in deploy/."""

from slipway.tree import Files

FREE, PAID, ROOT = "deploy/render-free.yaml", "deploy/render-paid.yaml", "render.yaml"
# These name both Blueprints; other files name only the one in deploy/.
OF_BOTH = ["docs/render.md"]


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

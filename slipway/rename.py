"""`bin/rename "My Site"`: gives this project another name, wherever it stands."""

import sys

from slipway import checkout, names, record
from slipway.checkout import Refused
from slipway.tree import Files


def main(arguments: list[str]) -> None:
    parser = checkout.parser("bin/rename", "Give this project another name.")
    parser.add_argument("name", help='such as "My Site"')
    parser.add_argument("--slug", help="the name for machines, such as my-site; made from the name if not given")
    given = parser.parse_args(arguments)
    name = given.name.strip()
    slug = given.slug or names.slug_for(name)
    if complaint := names.wrong_name(name) or names.wrong_slug(slug):
        raise Refused(complaint)
    checkout.change(lambda files: renamed(files, name, slug), dry=given.dry_run, subject=f"Call it {name}")


def renamed(files: Files, name: str, slug: str) -> Files:
    # Template
    if (checkout.ROOT / "slipway").is_dir():
        from slipway.project import own

        return own(files, project_name=name, project_slug=slug)

    new = names.rename(files, name=name, slug=slug)
    return record.write(new, {**record.read(new), "project_name": name, "project_slug": slug})


if __name__ == "__main__":
    sys.exit(checkout.run(main))

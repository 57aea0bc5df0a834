"""`bin/remove FEATURE ...`: takes features out of this project, with all that only they needed."""

import sys
from collections.abc import Collection

from slipway import catalogue, checkout, cut, names, record
from slipway.checkout import ROOT, Refused
from slipway.tree import Files


def main(arguments: list[str]) -> None:
    features = catalogue.read((ROOT / cut.CATALOGUE).read_text()).features
    # Template
    features.pop("template")

    parser = checkout.parser("bin/remove", "Take features out of this project, with all that only they needed.")
    what = ", ".join(f"{key} ({feature.about})" for key, feature in features.items())
    parser.add_argument("features", nargs="+", metavar="FEATURE", help=what or "there is none left")
    given = parser.parse_args(arguments)
    for key in given.features:
        if key not in features:
            raise Refused(f"There is no feature {key} here. What can be taken out: {', '.join(features) or 'nothing'}.")
    titles = " and ".join(features[key].title for key in sorted({*given.features}))
    checkout.change(lambda files: without(files, given.features), dry=given.dry_run, subject=f"Take out {titles}")


def without(files: Files, keys: Collection[str]) -> Files:
    # Template
    if (ROOT / "slipway").is_dir():
        from slipway.project import own

        return own(files, without=tuple(keys))

    remembered = record.read(files)
    left = cut.take_out(names.nameless(files), keys, remembered)
    named = names.rename(left, name=names.name_of(files), slug=names.slug_of(files))
    return record.write(named, {**remembered, "without": sorted({*remembered.get("without", []), *keys})})


if __name__ == "__main__":
    sys.exit(checkout.run(main))

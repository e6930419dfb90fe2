"""Codes about layers: what is defined twice, extended or patched wrongly. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_PACKAGE = "kind: package\nname: projects\nversion: 1.0.0\n"
_SELLER = "kind: role\nname: seller\nlabel: Seller\n"
_OBJECT = "kind: object\nname: customer\nlabel: Customer\n"
_LAYOUT = "kind: layout\nname: customer\nobject: customer\nlist: {columns: [name, phone]}\n"
_EXTENDS = "kind: layout\nextends: customer\n"
_LAYOUT_FILE = "layouts/customer.yaml"

register(
    CodeDoc(
        "duplicate-definition",
        "A layer defines the same thing twice.",
        "Names are unique per kind.",
        _OBJECT,
        "kind: object\nname: client\nlabel: Client\n",
        file="objects/old/customer.yaml",
        beside=_OBJECT,
    ),
    CodeDoc(
        "already-defined",
        "A lower layer defines it already.",
        "Extend it to change it, or choose another name. An object that has records already keeps them either "
        "way, under another name with `was`.",
        _OBJECT,
        "kind: object\nextends: customer\nlabel: Client\n",
        below=_OBJECT,
    ),
    CodeDoc(
        "extended-twice",
        "Two files of one layer extend the same definition.",
        "Their order would decide; put both changes into one file.",
        "kind: object\nextends: customer\nlabel: Client\n",
        "kind: object\nextends: customer\nlabel: Client\n",
        file="objects/old/customer.yaml",
        below=_OBJECT,
        beside="kind: object\nextends: customer\nplural: Clients\n",
    ),
    CodeDoc(
        "extends-missing",
        "There is nothing of that name to extend.",
        "An extension changes a definition of a lower layer; `name` instead of `extends` defines something new.",
        "kind: object\nextends: custommer\nlabel: Client\n",
        "kind: object\nextends: customer\nlabel: Client\n",
        file="objects/custommer.yaml",
        below=_OBJECT,
    ),
    CodeDoc(
        "extends-same-layer",
        "A file extends a definition of its own layer.",
        "Write the change into that definition.",
        "kind: object\nextends: customer\nlabel: Client\n",
        "kind: object\nname: customer\nlabel: Client\n",
        file="objects/old/customer.yaml",
        beside=_OBJECT,
    ),
    CodeDoc(
        "bare-list",
        "An extension has a whole list where the layer below has one.",
        "It would lose what upgrades add. Insert, change or remove items; `replace: true` forces.",
        _EXTENDS + "list: {columns: [name, email]}\n",
        _EXTENDS + "list: {columns: [{insert_after: name, columns: [email]}, {remove: phone}]}\n",
        file=_LAYOUT_FILE,
        below=_LAYOUT,
    ),
    CodeDoc(
        "patch-target",
        "The list below has no item of that name.",
        "Items are named by the value of their first key, rows by their cells.",
        _EXTENDS + "list: {columns: [{remove: phon}]}\n",
        _EXTENDS + "list: {columns: [{remove: phone}]}\n",
        file=_LAYOUT_FILE,
        below=_LAYOUT,
    ),
    CodeDoc(
        "patch-empty",
        "The patch brings nothing.",
        "New items stand under the list's own name, or, for maps, beside insert_after.",
        _EXTENDS + "list: {columns: [{insert_after: name}]}\n",
        _EXTENDS + "list: {columns: [{insert_after: name, columns: [email]}]}\n",
        file=_LAYOUT_FILE,
        below=_LAYOUT,
    ),
    CodeDoc(
        "package-missing",
        "A required package is not installed.",
        "Packages are found in the layers below.",
        _PACKAGE + 'requires: {crm: ">=1.0"}\n',
        _PACKAGE + 'requires: {formline: ">=0.1"}\n',
        file="package.yaml",
    ),
    CodeDoc(
        "package-order",
        "A package stands below one it requires.",
        "Packages are stacked in the order in which a site declares them.",
        "kind: package\nname: crm\nversion: 1.0.0\n",
        "kind: package\nname: sales\nversion: 1.0.0\n",
        file="package.yaml",
        below=_PACKAGE + 'requires: {crm: ">=1.0"}\n',
    ),
    CodeDoc(
        "capability-missing",
        "A package does something that its manifest does not list.",
        "Who installs it reads in `capabilities` that it brings scripts, acts as the platform, sends data out, lets "
        "people in who have not signed in, or gives rights.",
        f"{_PACKAGE}---\n{_SELLER}",
        f"{_PACKAGE}capabilities: [roles]\n---\n{_SELLER}",
        file="package.yaml",
    ),
    CodeDoc(
        "override-missing",
        "A package changes a right or rule of another layer, and its manifest does not say so.",
        "Roles, sharing and restriction rules, approvals, state machines, rules and access of objects are what people "
        "rely on; `overrides` names those it changes.",
        f"{_PACKAGE}---\nkind: object\nextends: customer\ndefault_access: read\n",
        f"{_PACKAGE}overrides: [object/customer.default_access]\n---\n"
        "kind: object\nextends: customer\ndefault_access: read\n",
        file="package.yaml",
        below=_OBJECT,
    ),
    CodeDoc(
        "package-manifest",
        "A folder of the setting `packages` has no manifest, or the name of another layer.",
        "The manifest says what a package may do, so each has one; `shipped` and `site` are layers of their own.",
        "kind: role\nname: seller\nlabel: Seller\n",
        _PACKAGE,
        file="package.yaml",
        group="packages",
    ),
    CodeDoc(
        "package-version",
        "A required package has another version.",
        "Install a version in the range, or change the range.",
        _PACKAGE + 'requires: {formline: "<0.1"}\n',
        _PACKAGE + 'requires: {formline: ">=0.1"}\n',
        file="package.yaml",
    ),
)

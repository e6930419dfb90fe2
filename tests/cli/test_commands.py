"""The command line from an empty folder to a changed site, as an administrator uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from formline.cli import COMMANDS, app, main
from formline.cli.options import opened, settings_of
from tests.fixtures.catalogs import ORGANISATION
from tests.runtime.migration.definitions import BASE, with_fields
from tests.runtime.migration.rows import add

Run = Callable[..., Result]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Return a folder that stands for the shipped definitions."""
    objects = tmp_path / "shipped" / "objects"
    objects.mkdir(parents=True)
    for text, name in zip(BASE, ("user", "department", "company"), strict=True):
        (objects / f"{name}.yaml").write_text(text, encoding="utf-8")
    text = with_fields("customer", name="{type: text}", phone="{type: text}")
    (objects / "customer.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "shipped"


@pytest.fixture
def run(tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Run:
    """Return ``run(*arguments, status=0)``: a command in a folder of its own."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FORMLINE_DEFINITIONS_DIR", str(shipped))
    monkeypatch.setenv("FORMLINE_DATABASE_URL", database_url)

    def command(*arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == status, (result.output, result.exception)
        return result

    return command


def write(folder: Path, **files: str) -> Path:
    """Write ``objects/NAME.yaml`` files below ``folder``."""
    (folder / "objects").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "objects" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


EXTENDED = "kind: object\nextends: customer\n# why we keep it\nfields:\n  level: {type: text}\n"


def test_a_warning_is_told_from_an_error(run: Run, tmp_path: Path) -> None:
    rule = "\n  level: {type: integer}\nrules: {few: {check: level < 9, message: No.}}"
    folder = write(tmp_path / "mine", visit=with_fields("visit", name="{type: text}") + rule)
    lines = run("check", str(folder)).output.splitlines()
    assert lines[-1].startswith("0 errors, 1 warnings")
    assert lines[-2].startswith(f"{folder}/objects/visit.yaml:")
    assert lines[-2].endswith("  [warning]")


def test_init_may_be_run_again(run: Run) -> None:
    first = run("init").output
    assert "Release 1 is live: 4 objects." in first
    assert "one-time secret" in first
    again = run("init").output
    assert "Release 1 is live." in again
    assert "master key" not in again
    assert "as the live release expects" in run("doctor").output


def test_plan_apply_pull_and_rollback(run: Run, tmp_path: Path) -> None:
    run("init")
    folder = write(tmp_path / "mine", customer=EXTENDED)
    assert "add      object/customer.fields.level  text" in run("plan", str(folder)).output
    assert "An apply has a reason." in str(run("apply", str(folder), status=1).exception)
    run("apply", str(folder), "--reason", "levels")
    assert "Nothing to do" in run("plan", str(folder)).output
    run("pull", str(tmp_path / "pulled"))
    assert (tmp_path / "pulled/objects/customer.yaml").read_text(encoding="utf-8") == EXTENDED
    assert "remove   object/customer.fields.level" in run("rollback", "1", "--reason", "no", "--plan").output
    run("rollback", "1", "--reason", "no levels")
    listed = json.loads(run("releases", "--json").output)
    assert [(one["number"], one["reason"]) for one in listed] == [(3, "no levels"), (2, "levels"), (1, "first release")]


def test_a_removed_field_is_listed_and_restored_into_the_site_layer(run: Run, tmp_path: Path, shipped: Path) -> None:
    run("init")
    write(shipped, customer=with_fields("customer", name="{type: text}"))
    run("apply", "--reason", "phones are gone")
    assert "customer.phone  since" in run("restore").output
    run("restore", "customer.phone", "--reason", "people want them")
    run("pull", str(tmp_path / "pulled"))
    text = (tmp_path / "pulled/objects/customer.yaml").read_text(encoding="utf-8")
    assert text == "kind: object\nextends: customer\nfields:\n  phone:\n    type: text\n"
    assert run("restore").output == ""


def test_an_apply_for_another_base_is_refused(run: Run, tmp_path: Path) -> None:
    run("init")
    folder = write(tmp_path / "mine", customer=EXTENDED)
    refused = run("apply", str(folder), "--reason", "x", "--base", "7", status=1)
    assert "Release 1 is live, not 7" in str(refused.exception)


def test_problems_are_printed_and_nothing_is_changed(run: Run, tmp_path: Path) -> None:
    run("init")
    folder = write(tmp_path / "mine", customer="kind: object\nextends: customer\nfields: {level: {type: texd}}\n")
    checked = run("check", str(folder), status=1).output
    assert f"{folder}/objects/customer.yaml:3:" in checked
    planned = run("plan", str(folder), status=1).output
    assert f"Blockers:\n  {folder}/objects/customer.yaml:3:" in planned
    assert "add " not in planned
    assert "Rights" not in planned
    found = json.loads(run("plan", str(folder), "--json", status=1).output)
    assert found["blockers"][0].startswith(f"{folder}/objects/customer.yaml:3:")
    assert f"{folder}/objects/customer.yaml:3:" in run("apply", str(folder), "--reason", "x", status=1).output
    run("apply", str(folder), "--reason", "x", status=1)
    assert len(json.loads(run("releases", "--json").output)) == 1


def test_a_file_that_is_no_text_is_one_problem_among_others(run: Run, tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", customer="kind: object\nextends: customer\nfields: {level: {type: texd}}\n")
    text = "kind: object\nname: müller\n"
    (folder / "objects/other.yaml").write_bytes(text.encode("latin-1"))
    lines = run("check", str(folder), status=1).output.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["unknown-value", "not-utf8"]
    assert lines[1].startswith(f"{folder}/objects/other.yaml:2:8 ")
    assert "not-utf8" in run("check", str(folder), "--json", status=1).output


def test_the_rights_on_a_new_object_are_one_line_per_role(run: Run, tmp_path: Path) -> None:
    run("init")
    fields = "{name: {type: text, required: true}, phone: {type: phone}, size: {type: integer}}"
    folder = write(
        tmp_path / "mine", project=f"kind: object\nname: project\nlabel: Project\ntitle: name\nfields: {fields}\n"
    )
    (folder / "roles").mkdir()
    role = "kind: role\nname: planner\nlabel: Planner\nobjects:\n  project: {create: true, read: all, fields: {%s}}\n"
    (folder / "roles/planner.yaml").write_text(role % "phone: masked", encoding="utf-8")
    planned = run("plan", str(folder)).output
    assert "  role planner:\n    project: new: create, field phone masked, read all\n" in planned
    assert planned.count("planner:") == 1


def test_format_changes_files_in_place_or_only_says_so(run: Run, tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", customer='fields: {level: {type: text}}\nextends: "customer"\nkind: object\n')
    file = folder / "objects/customer.yaml"
    before = file.read_text(encoding="utf-8")
    run("format", "--check", str(folder), status=1)
    assert file.read_text(encoding="utf-8") == before
    run("format", str(folder))
    assert file.read_text(encoding="utf-8").startswith("kind: object\n")
    run("format", "--check", str(folder))


def test_config_shows_every_setting_and_its_source(run: Run) -> None:
    found = {one["name"]: one for one in json.loads(run("config", "--json").output)}
    assert found["definitions_dir"]["source"] == "FORMLINE_DEFINITIONS_DIR"
    assert found["database_url"]["value"] == "********"


def test_an_error_is_one_sentence_and_a_hint(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["releases"])
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "There is no" in said
    assert "formline init" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_has_a_help_text(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    command = app.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert command.help


def test_a_production_site_refuses_an_address_without_tls(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init")
    monkeypatch.setenv("FORMLINE_ENV", "production")
    refused = run("serve", status=1)
    assert "production-url" in str(refused.exception)


def test_a_right_is_explained(run: Run, shipped: Path) -> None:
    roles = shipped / "roles"
    roles.mkdir()
    (roles / "reader.yaml").write_text("kind: role\nname: reader\nobjects: {customer: {read: own}}\n", encoding="utf-8")
    for name in ("user", "department", "company"):
        (shipped / "objects" / f"{name}.yaml").write_text(ORGANISATION[name].lstrip(), encoding="utf-8")
    run("init")
    with opened(settings_of()) as site:
        (ann,) = add(site, "user", {"name": "Ann", "login": "ann", "roles": ("reader",), "active": True})
        (key,) = add(site, "customer", {"name": "Acme"})
    asked = ("explain", "access", "--user", "ann", "--record", f"customer/{key}")
    assert run(*asked).output.splitlines()[:2] == [
        f"ann may not read customer/{key}.",
        "  no   role reader: read own",
    ]
    assert json.loads(run(*asked, "--right", "create", "--json").output)["allowed"] is False
    assert run("explain", "who", "--record", f"customer/{key}").output == "Nobody.\n"
    who = run("explain", "who", "--record", f"user/{ann}").output
    assert who == "Ann: default access of user: read\n"
    (shown,) = json.loads(run("explain", "who", "--record", f"user/{ann}", "--json").output)
    assert shown["user"] == str(ann)
    run("explain", "access", "--user", "ann", "--record", "customer", status=2)
    assert "no object" in str(run("explain", "access", "--user", "ann", "--record", f"x/{key}", status=1).exception)
    assert "no user" in str(run("explain", "access", "--user", "bob", "--record", f"x/{key}", status=1).exception)

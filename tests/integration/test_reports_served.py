"""Reports over the wire: whose they are, what they see, how they end when they are too much."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from partner_plugin import PartnerPlugin

from appliance.testing.daemon_process import DaemonProcess
from appliance.testing.device import Device
from appliance.testing.link import DeviceProblem

SOURCE = """
from appliance import api

MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT :rows)"
COUNT = MANY + " SELECT i FROM n"
N = (api.ReportColumn(name="n", title="Число; \\"N\\"", unit="money"),)
ROLES = ("agent", "manager")

@api.hookimpl
def manifest():
    return api.Manifest(name="acme", version="1.0", title="Acme")

@api.hookimpl
def collections():
    fields = (
        api.Field(name="owner", type="id", required=True),
        api.Field(name="amount", type="money", required=True),
    )
    return [api.Collection(name="takings", title="Takings", fields=fields, kind="fact",
        bucket=("user:{owner}",), direction="both", conflict="append_only", write=("*",))]

@api.hookimpl
def reports():
    choices = "SELECT 'N' UNION SELECT :caller_user_id"
    unit = (api.ReportParameter(name="unit", doc="Which.", default="", choices=choices),)
    names = "SELECT text_in(json_object('ru', 'Чай', 'kk', 'Шай'), :caller_languages)"
    text = (api.ReportColumn(name="name", title="Name"),)
    rows = (api.ReportParameter(name="rows", doc="How many.", default=3),)
    total = "SELECT sum(amount) FROM takings"
    return [
        api.Report(name="takings", title="Takings", sql=total, columns=N, roles=ROLES),
        api.Report(name="all_takings", title="All", sql=total, columns=N, scope="everything"),
        api.Report(name="numbers", title="N", sql=COUNT, columns=N, parameters=rows, roles=ROLES),
        api.Report(name="names", title="Names", sql=names, columns=text, roles=ROLES,
            parameters=unit),
        api.Report(name="wrong", title="W", sql="SELECT gone FROM takings", columns=N, roles=ROLES),
        api.Report(name="slow", title="S", columns=N, roles=ROLES, parameters=rows,
            sql=MANY + " SELECT count(*) FROM n, n"),
    ]
"""


class Office:
    """A box with two users, each with a device."""

    def __init__(self, folder: Path) -> None:
        plugin = PartnerPlugin(folder / "site", SOURCE)
        config = "[plugins]\ncall_timeout_s = 2\n"
        self.box = DaemonProcess(folder, config, environment=plugin.environment)
        self.box.start()
        self.devices = {login: Device(folder / f"{login}.db") for login in ("anna", "boris")}
        for (login, device), role in zip(self.devices.items(), ("agent", "manager"), strict=True):
            device.enroll(self.box.invite(login, role), name=login)
            amount = 12990 if login == "anna" else 7
            device.create("takings", {"owner": device.identity.user["id"], "amount": amount})
            assert device.sync().push.outcomes == {"applied": 1}

    def get(self, login: str, path: str) -> Any:
        return self.devices[login]._linked().get_json(f"/v1/reports{path}")

    def refusal(self, login: str, path: str) -> DeviceProblem:
        with pytest.raises(DeviceProblem) as caught:
            self.get(login, path)
        return caught.value


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("office"))
    yield made
    for device in made.devices.values():
        device.close()
    made.box.stop()


@pytest.mark.slow
def test_each_is_told_of_the_reports_its_roles_may_run(office: Office) -> None:
    anna = [one["name"] for one in office.get("anna", "")["reports"]]
    boris = [one["name"] for one in office.get("boris", "")["reports"]]
    assert anna == ["my_figures", "names", "numbers", "slow", "takings", "wrong"]
    assert set(boris) - set(anna) == {
        "all_takings",
        "catalogue_gaps",
        "coverage",
        "coverage_by_unit",
        "demand",
        "fill_rate",
        "orders_by_day",
        "orders_by_document",
        "orders_by_outlet",
        "orders_by_product",
        "orders_by_unit",
        "receivables_by_age",
        "stock_by_warehouse",
    }
    (numbers,) = (one for one in office.get("anna", "")["reports"] if one["name"] == "numbers")
    assert numbers["parameters"] == [{"name": "rows", "doc": "How many.", "default": 3}]
    assert (numbers["plugin"], numbers["scope"]) == ("acme", "caller")


@pytest.mark.slow
def test_a_report_sees_what_its_scope_says(office: Office) -> None:
    assert office.get("anna", "/takings")["rows"] == [[12990]]
    assert office.get("boris", "/takings")["rows"] == [[7]]
    assert office.get("boris", "/all_takings")["rows"] == [[12997]]
    assert office.box.ask("report", "takings") == [{"n": 12997}]


@pytest.mark.slow
def test_the_right_is_asked_for_each_time(office: Office) -> None:
    refused = office.refusal("anna", "/all_takings")
    assert (refused.status, refused.code) == (403, "forbidden")
    assert "report:all_takings" in refused.detail
    office.box.command("role", "allow", "agent", "report:all_takings", "read")
    assert office.get("anna", "/all_takings")["rows"] == [[12997]]
    office.box.command("role", "deny", "agent", "report:all_takings", "read")
    assert office.refusal("anna", "/all_takings").status == 403
    assert office.refusal("anna", "/none").status == 404


@pytest.mark.slow
def test_a_right_may_be_of_one_person(office: Office) -> None:
    # What is denied to a role is denied to whoever has it, whatever he may do himself.
    office.box.command("user", "allow", "anna", "report:all_takings", "read")
    assert office.refusal("anna", "/all_takings").status == 403
    office.box.command("user", "forget", "anna", "report:all_takings", "read")
    office.box.command("role", "forget", "agent", "report:all_takings", "read")
    assert office.refusal("anna", "/all_takings").status == 403
    said = office.box.command("user", "allow", "anna", "report:all_takings", "read")
    assert "anna may read report:all_takings" in said
    assert office.get("anna", "/all_takings")["rows"] == [[12997]]
    assert "all_takings" in [one["name"] for one in office.get("anna", "")["reports"]]
    office.box.command("user", "forget", "anna", "report:all_takings", "read")
    assert office.refusal("anna", "/all_takings").status == 403
    office.box.command("user", "deny", "boris", "report:all_takings", "read")
    assert office.refusal("boris", "/all_takings").status == 403
    assert office.get("boris", "/takings")["rows"] == [[7]]
    office.box.command("user", "forget", "boris", "report:all_takings", "read")
    assert office.get("boris", "/all_takings")["rows"] == [[12997]]


@pytest.mark.slow
def test_parameters_are_held_to_what_is_declared(office: Office) -> None:
    assert office.get("anna", "/numbers?rows=2")["rows"] == [[1], [2]]
    for query, pointer in (("rows=two", "rows"), ("row=2", "row"), ("format=xml", "format")):
        refused = office.refusal("anna", f"/numbers?{query}")
        assert (refused.status, refused.code) == (400, "bad_target")
        assert [error["pointer"] for error in refused.errors] == [pointer]


@pytest.mark.slow
def test_a_report_comes_as_csv_too(office: Office) -> None:
    link = office.devices["anna"]._linked()
    for profile, text in (
        ("csv", '"Число; ""N"""\r\n0.01\r\n0.02\r\n'),
        ("ru-csv", '"Число; ""N"""\r\n0,01\r\n0,02\r\n'),
    ):
        with link.exchange("GET", f"/v1/reports/numbers?rows=2&format={profile}") as answer:
            kind = answer.headers["Content-Type"]
            body = answer.body(10_000)
        assert kind.startswith("text/csv; charset=")
        assert body.decode(kind.partition("charset=")[2]) == text


@pytest.mark.slow
def test_names_come_in_the_language_of_who_asks(office: Office) -> None:
    assert office.get("anna", "/names")["rows"] == [["Чай"]]
    assert office.get("anna", "/names?language=kk-Cyrl")["rows"] == [["Шай"]]
    office.box.command("user", "change", "anna", "--language", "kk")
    assert office.get("anna", "/names")["rows"] == [["Шай"]]
    assert office.get("anna", "/names?language=bg")["rows"] == [["Шай"]]
    assert office.box.ask("report", "names") == [{"name": "Чай"}]
    assert office.refusal("anna", "/names?language=k").status == 400


@pytest.mark.slow
def test_a_choice_is_one_of_those_there_are(office: Office) -> None:
    assert office.get("anna", "/names?unit=N&language=ru")["rows"] == [["Чай"]]
    refused = office.refusal("anna", "/names?unit=S")
    assert (refused.status, refused.code) == (400, "bad_target")
    (error,) = refused.errors
    assert error["pointer"] == "unit"
    assert error["detail"].startswith("there is no unit 'S'; there are: ")
    assert "N" in error["detail"]


@pytest.mark.slow
def test_a_report_comes_as_a_workbook(office: Office) -> None:
    link = office.devices["anna"]._linked()
    with link.exchange("GET", "/v1/reports/numbers?rows=2&format=xlsx") as answer:
        kind = answer.headers["Content-Type"]
        body = answer.body(100_000)
    assert kind == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sheet = load_workbook(BytesIO(body)).worksheets[0]
    assert list(sheet.values) == [('Число; "N"',), (0.01,), (0.02,)]


@pytest.mark.slow
def test_an_answer_is_compressed_as_asked(office: Office) -> None:
    link = office.devices["anna"]._linked()
    sizes = {}
    for encoding in ("identity", "gzip"):
        response = link.send(
            "GET", "/v1/reports/numbers?rows=5000", headers={"Accept-Encoding": encoding}
        )
        raw = response.raw.read(decode_content=False)
        sizes[encoding] = len(raw)
        assert response.headers.get("Content-Encoding", "identity") == encoding
    assert sizes["gzip"] < sizes["identity"] / 2


@pytest.mark.slow
def test_too_much_is_refused_and_what_is_wrong_takes_no_plugin_out(office: Office) -> None:
    assert len(office.get("anna", "/numbers?rows=20000")["rows"]) == 20_000
    for path in ("/numbers?rows=20001", "/slow?rows=1000000"):
        refused = office.refusal("anna", path)
        assert (refused.status, refused.code) == (422, "content_invalid")
        assert "Narrow it" in refused.detail
    for _ in range(4):
        assert office.refusal("anna", "/wrong").status == 500
    assert office.get("anna", "/numbers")["rows"] == [[1], [2], [3]]
    states = {one["name"]: one["state"] for one in office.box.ask("plugin", "list")}
    assert states["acme"] == "active"


@pytest.mark.slow
def test_a_device_runs_one_report_at_a_time_and_others_do_not_wait_to_sync(office: Office) -> None:
    codes: list[str] = []
    started = threading.Event()

    def slowly() -> None:
        link = office.devices["anna"]._connect()
        started.set()
        while codes in ([], ["too_many_requests"]):  # the other request may have come first
            with pytest.raises(DeviceProblem) as caught:
                link.get_json("/v1/reports/slow?rows=1000000")
            codes[:] = [caught.value.code]
        link.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    started.wait(10)
    told = None
    while thread.is_alive() and told is None:
        try:
            office.get("anna", "/numbers")
        except DeviceProblem as problem:
            told = problem
    assert office.devices["boris"].sync().equal
    thread.join(30)
    assert codes == ["content_invalid"]
    assert told is not None
    assert (told.status, told.code, told.retry_after) == (429, "too_many_requests", 5)
    assert office.get("anna", "/numbers")["rows"]

"""Shows every building block of the pages with sample data: `python frontend/gallery/serve.py`, then open the address.

For people who change the style sheets, and for the browser tests; it is not part of the product and reads no database.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from werkzeug.serving import run_simple
from werkzeug.wrappers import Response

from formline.web import headers, i18n, static_files
from formline.web.shell import NavGroup, NavItem, Person, Shell

PAGES = Path(__file__).parent / "pages"
TEMPLATES = Path(__file__).parents[2] / "platform/web/templates"
PLACES = [
    ("home", "首页", "home"),
    ("list", "商机", "target-arrow"),
    ("board", "商机看板", "layout-kanban"),
    ("record", "客户", "building"),
    ("form", "联系人", "users"),
]
STUDIO = [("对象与字段", "database"), ("页面布局", "template"), ("审批流程", "git-branch")]
STATES = [("线索确认", "blue"), ("需求分析", "purple"), ("方案报价", "orange"), ("商务谈判", "cyan"), ("赢单", "green")]
OWNERS = [("王晓雯", "c0"), ("李建国", "c1"), ("陈思远", "c2"), ("赵一鸣", "c3")]
DEALS = [
    ("华东精密 · ERP 升级项目", "华东精密机械有限公司", 0, 1280000, "2026-11-01", 20),
    ("上海云帆 · 智能仓储二期", "上海云帆科技股份", 3, 356000, "2026-12-08", 80),
    ("杭州启明 · 年度维保合同", "杭州启明医疗器械", 1, 89000, "2026-12-15", 40),
    ("深圳智联 · MES 产线改造", "深圳智联电子", 4, 2450000, "2026-11-22", 100),
    ("苏州恒泰 · 数据中台建设", "苏州恒泰新材料", 4, 640000, "2026-12-02", 100),
    ("北京远景 · 私有云扩容", "北京远景能源", 0, 158000, "2026-12-09", 20),
    ("成都天府 · ERP 升级项目", "成都天府软件", 3, 920000, "2026-11-16", 80),
    ("武汉光谷 · 智能仓储二期", "武汉光谷激光", 1, 47500, "2026-12-23", 40),
    ("宁波港联 · 年度维保合同", "宁波港联物流", 3, 310000, "2026-12-03", 80),
    ("南京金陵 · MES 产线改造", "南京金陵药业", 2, 1750000, "2026-11-10", 60),
    ("青岛海晟 · 数据中台建设", "青岛海晟食品", 0, 1280000, "2026-12-17", 20),
]


def shell(page: str) -> Shell:
    """Return the frame of one gallery page."""
    places = [NavItem(label, f"/{name}", icon, active=name == page) for name, label, icon in PLACES]
    places.append(NavItem("审批中心", "/list", "checklist", waiting=Markup('<span class="count">5</span>')))
    studio = [NavItem(label, "#", icon) for label, icon in STUDIO]
    return Shell(
        lang="zh-CN",
        theme=request.args.get("theme", "auto"),
        product="云策 CRM",
        nav=(NavGroup("", tuple(places)), NavGroup("配置中心 Studio", tuple(studio))),
        bottom=tuple(places[:3]),
        create=(NavItem("客户", "#", "building"), NavItem("商机", "#", "target-arrow")),
        user=Person("王晓雯", "王", "c0"),
    )


def create_gallery() -> Flask:
    """Return the application; ``/<page>?theme=light|dark`` for each file in ``pages/``."""
    app = Flask(__name__, static_folder=None)
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(PAGES), FileSystemLoader(TEMPLATES)])
    app.jinja_env.globals["csrf_token"] = lambda: "sample"
    headers.install(app, secure=False)
    static_files.install(app)
    i18n.install(app)

    @app.get("/<page>")
    def page(page: str) -> str:
        frame = shell(page)
        return render_template(
            f"{page}.html",
            shell=frame,
            part=lambda template: Markup(render_template(template, shell=frame)),  # noqa: S704 - rendered with escaping
            states=STATES,
            owners=OWNERS,
            deals=DEALS,
        )

    @app.get("/pick")
    def pick() -> list[dict[str, str]]:
        found = [deal[1] for deal in DEALS if request.args.get("q", "") in deal[1]]
        return [{"id": name, "text": name, "note": "客户"} for name in found]

    @app.get("/rules.js")
    def rules() -> Response:
        return Response((PAGES / "rules.js").read_bytes(), mimetype="text/javascript")

    return app


if __name__ == "__main__":
    run_simple("127.0.0.1", 8001, create_gallery(), threaded=True)

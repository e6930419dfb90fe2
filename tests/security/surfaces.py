"""Every surface that answers with data, declared: what ``test_s5_leaks.py`` fetches as somebody who may not see it all.

A route or API operation without a line here fails that test. Add one of these:

- in ``SURFACES``, the endpoint with addresses to fetch. They are fetched as a sales person who owns the customer
  ``{mine}`` and ``{twin}`` (one of their fields is hidden from them) and may not read the customer ``{theirs}``. Other
  names: ``{gone}`` a deleted record like ``{theirs}``, ``{deletion}`` its deletion, ``{me}`` and ``{boss}`` users,
  ``{deal}``, ``{contact}`` and ``{task}`` records of ``{theirs}``, ``{canary}`` the text that must not come back. If
  your feature keeps copies of values (files, drafts, notices), plant the canary in ``test_s5_leaks.plant``, too.
- in ``WITHOUT_RECORDS``, the endpoint and why its answer holds nothing of records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is no plain GET; names in braces are filled in inside ``body``, too."""

    method: str
    address: str
    body: Any = None


Addresses = tuple[str | Call, ...]

SURFACES: Mapping[str, Addresses] = {
    # lists
    "home.page": ("/", "/?team=all&period=all", "/?team=department&period=this_year"),
    "home.dashboard_page": ("/dashboards/sales_home?team=all&period=all", "/dashboards/sales_manager_home"),
    "home.widget": (
        "/dashboards/sales_home/widgets/sales_home.tasks?team=all&period=all",
        "/dashboards/sales_home/widgets/sales_manager_home.by_owner?team=all&period=all",
    ),
    "home.edit_page": ("/dashboards/sales_home/edit?team=all&period=all",),
    "home.added_widget": ("/dashboards/sales_home/edit/sales_home.closing?team=all&period=all",),
    "records.list_page": (
        "/o/customer",
        "/o/customer?q={canary}",
        "/o/customer?columns=name,leak_note,parent.name,parent.leak_note",
        "/o/customer?sort=leak_note",
        "/o/customer?f=leak_note~contains~{canary}",
        "/o/contact?columns=name,customer,customer.name,customer.leak_note",
        "/o/opportunity",
        "/o/task",
        "/o/user?columns=name,mobile,manager.mobile",
    ),
    "records.group_rows": ("/o/customer/group?group=leak_note", "/o/customer/group?group=region&value={canary}"),
    "records.bulk_form": ("/o/customer/bulk?id={theirs}", "/o/customer/bulk?id={mine}", "/o/customer/bulk"),
    "records.bulk_delete_form": ("/o/customer/bulk/delete?id={theirs}", "/o/customer/bulk/delete?id={mine}"),
    "records.bulk_progress": ("/bulk/{file}",),
    "records.filter_form": ("/o/customer/filter", "/o/customer/filter?f=leak_note~contains~a"),
    "records.add_filter": ("/o/customer/filter/add?field=leak_note", "/o/customer/filter/add?field=parent"),
    "records.filter_row": ("/o/customer/filter/row?field=leak_note",),
    "records.filter_tree": ("/o/customer/filter/tree", "/o/customer/filter/tree?where=contains(leak_note,a)"),
    "records.new_view": ("/o/customer/views/new",),
    "records.view_form": ("/o/customer/views/{file}",),
    "records.columns_form": ("/o/customer/columns",),
    "records.choose_columns": ("/o/customer/columns/choose?c=leak_note",),
    "records.board_page": ("/o/opportunity/board",),
    "records.board_heads": ("/o/opportunity/board/heads",),
    "records.board_cards": ("/o/opportunity/board/cards", "/o/opportunity/board/cards?column=qualify"),
    "records.calendar_page": ("/o/task/calendar",),
    "records.map_page": ("/o/customer/{theirs}/map", "/o/customer/{mine}/map"),
    "records.route_page": ("/o/visit/route", "/o/visit/route?who={boss}"),
    "records.calendar_entries": ("/o/task/calendar/entries?start=2020-01-01&end=2030-01-01",),
    "records.when_form": ("/o/task/{task}/when",),
    "search.page": ("/search?q={canary}",),
    "search.menu": ("/search/menu?q={canary}", "/search/menu?recent=customer/{theirs}&recent=customer/{gone}"),
    "records.suggest_tags": ("/o/customer/tags?field=leak_note&q=C",),
    "administration.audit_page": ("/audit", "/audit?object=customer"),
    "administration.job_centre": ("/jobs",),
    "administration.job_page": ("/jobs/{gone}",),
    "administration.given_up_page": ("/jobs/given-up",),
    "administration.recycle_bin": ("/recycle-bin",),
    "administration.script_list": ("/scripts",),
    "administration.script_page": ("/scripts/none",),
    "administration.system_page": ("/system",),
    # one record
    "records.people_to_mention": ("/o/customer/{theirs}/people?q=a",),
    "records.timeline_page": ("/o/customer/{theirs}/timeline", "/o/customer/{mine}/timeline"),
    "records.record_page": (
        "/o/customer/{theirs}",
        "/o/customer/{mine}",
        "/o/customer/{gone}",
        "/o/contact/{contact}",
        "/o/opportunity/{deal}",
        "/o/task/{task}",
        "/o/user/{boss}",
    ),
    "records.diagram": ("/o/opportunity/{deal}/diagram/stage",),
    "records.edit_page": ("/o/customer/{theirs}/edit", "/o/customer/{mine}/edit"),
    "records.cell_form": ("/o/customer/{theirs}/cells/name", "/o/customer/{mine}/cells/leak_note"),
    "records.new_page": ("/o/contact/new", "/o/contact/new?customer={theirs}", "/o/customer/new?parent={theirs}"),
    "records.transition_form": ("/o/opportunity/{deal}/transitions/stage.propose",),
    "records.pick_records": (
        "/o/contact/pick?field=customer&q={canary}",
        "/o/task/pick?field=about&q={canary}",
        "/o/customer/pick?field=parent&q={canary}",
    ),
    "records.rules": ("/o/customer/rules/customer/-/edit/x.js",),
    # records that are the same
    "duplicates.similar": (
        Call("POST", "/o/customer/similar", {"layout": "customer", "mode": "create", "name": "{canary}"}),
    ),
    "duplicates.of_record": ("/o/customer/{theirs}/similar", "/o/customer/{mine}/similar"),
    "duplicates.merge_page": ("/o/customer/merge?id={mine}&id={twin}", "/o/customer/merge?id={theirs}&id={twin}"),
    "duplicates.undo_form": ("/merges/{file}/undo",),
    "duplicates.groups_page": ("/o/customer/duplicates",),
    "duplicates.convert_form": ("/o/lead/{theirs}/convert/lead_to_deal",),
    # access
    "access.sharing": ("/o/customer/{theirs}/sharing", "/o/customer/{mine}/sharing"),
    "access.transfer_form": ("/o/customer/transfer?id={theirs}", "/o/customer/transfer?id={mine}"),
    "access.who": ("/o/customer/{theirs}/access", "/o/customer/{theirs}/access?user={boss}"),
    "access.leave_form": ("/people/{boss}/leave",),
    "access.view_as_form": ("/people/{boss}/view-as",),
    # approvals: what takes part sees the record through a share, with its own field rights; a stranger sees nothing
    "inbox.page": ("/inbox", "/inbox?tab=mine", "/inbox?tab=done", "/inbox?tab=copies", "/inbox?q={canary}"),
    "inbox.decision": ("/approvals/{file}",),
    "inbox.story_list": ("/approvals/{file}/story",),
    "inbox.act_form": ("/approvals/{file}/do/approve?ballot=manager", "/approvals/{file}/do/resubmit"),
    "inbox.candidates": ("/approvals/{file}/candidates?q=a",),
    "inbox.trail": ("/approvals/{file}/trail.pdf",),
    "inbox.choosable": ("/o/contract/choosable?q=a",),
    "inbox.away": ("/profile/away",),
    "inbox.substitute_choices": ("/profile/away/people?q=a",),
    "inbox.link_page": ("/decide/{canary}",),
    "inbox.ask_deletion": ("/o/customer/{theirs}/ask-deletion",),
    # pools: their members see some values of records they cannot read, and no record that has an owner
    "pools.overview": ("/pools",),
    # forms: people outside see no record, those inside only what waits, if they bring such records in
    "forms.show": ("/f/lead_enquiry", "/f/case_report"),
    "forms.thanks": ("/f/lead_enquiry/thanks",),
    "web_forms.setup": ("/forms/lead_enquiry", "/forms/case_report"),
    "pools.pool_page": ("/pools/customer_pool", "/pools/customer_pool?q={canary}"),
    "pools.losses_page": ("/pools/customer_pool/losses?days=30",),
    "pools.assign_form": ("/pools/customer_pool/assign?id={theirs}",),
    "pools.put_back_form": ("/o/customer/{theirs}/put-back", "/o/customer/{mine}/put-back"),
    "automation.of_record": ("/o/customer/{theirs}/automations", "/o/customer/{mine}/automations"),
    "automation.button": ("/o/contract/{theirs}/press/split_contract_evenly",),
    "automation.overview": ("/automations", "/automations?state=done"),
    "automation.try_form": ("/automations/remind_of_follow_up/try",),
    "assignment.dialog": ("/o/customer/{theirs}/assignment", "/o/opportunity/{deal}/assignment"),
    "storefront_links.overview": ("/o/contact/{contact}/links", "/o/contact/{theirs}/links"),
    "segments.overview": ("/segments",),
    "segments.profile_page": ("/segments/best_customers", "/segments/reference_customers"),
    "states.flow_page": ("/o/opportunity/states/opportunity_stage", "/o/opportunity/states/project_stage?months=36"),
    "scores.dialog": ("/o/customer/{theirs}/scores", "/o/customer/{mine}/scores"),
    # people
    "auth.reset_page": ("/people/{boss}/password",),
    # documents
    "printing.document": ("/o/customer/{theirs}/print/customer", "/o/opportunity/{deal}/print/quote"),
    # imports: only one's own, and only of what one may import
    "importing.history": ("/imports",),
    "importing.start": ("/o/customer/import",),
    "importing.page": ("/imports/{file}", "/imports/{file}?step=columns"),
    "importing.mend_page": ("/imports/{file}/rejected",),
    "importing.rejected_file": ("/imports/{file}/rejected.csv",),
    "importing.alike_file": ("/imports/{file}/alike.csv",),
    "importing.blank_file": ("/o/customer/import/blank.xlsx",),
    "exporting.form": ("/o/customer/export", "/o/customer/export?f=leak_note~contains~{canary}"),
    "exporting.history": ("/exports",),
    "exporting.download": ("/exports/{file}/file",),
    # the API
    "api.describe": ("/api/v1/openapi.json",),
    "api.me": ("/api/v1/me",),
    "api.list_records": (
        "/api/v1/customer",
        "/api/v1/customer?fields=name,leak_note",
        '/api/v1/customer?where=contains(name, "{canary}")',
        "/api/v1/contact?fields=name,customer.name,customer.leak_note",
        "/api/v1/user?fields=name,mobile",
        "/api/v1/task?fields=subject,about",
    ),
    "api.get_record": ("/api/v1/customer/{theirs}", "/api/v1/customer/{mine}", "/api/v1/customer/{gone}"),
    "api.reveal_field": (Call("POST", "/api/v1/customer/{theirs}/reveal/leak_note"),),
    "api.list_files": ("/api/v1/customer/{theirs}/files", "/api/v1/customer/{mine}/files"),
    "api.attach_files": (Call("POST", "/api/v1/customer/{theirs}/files", {"files": ["{file}"]}),),
    "api.detach_file": (Call("DELETE", "/api/v1/customer/{theirs}/files/{file}"),),
    "api.create_record": (
        Call("POST", "/api/v1/customer", {"name": "{canary}", "leak_note": "mine"}),
        Call("POST", "/api/v1/contact", {"name": "Somebody", "customer": "{theirs}"}),
    ),
    "api.update_record": (
        Call("PATCH", "/api/v1/customer/{theirs}", {"region": "North"}),
        Call("PATCH", "/api/v1/customer/{mine}", {"region": "North"}),
        Call("PATCH", "/api/v1/customer/{mine}", {"leak_note": "mine"}),
    ),
    "api.delete_record": (Call("DELETE", "/api/v1/customer/{theirs}"),),
    "api.read_checklist": ("/api/v1/opportunity/{deal}/checklist", "/api/v1/customer/{theirs}/checklist"),
    "api.tick_item": (Call("POST", "/api/v1/opportunity/{deal}/checklist/stage/budget", {"done": True}),),
    "api.press": (Call("POST", "/api/v1/opportunity/{deal}/transitions/propose", {}),),
    "api.run_batch": (Call("POST", "/api/v1/customer/batch", {"update": [{"id": "{theirs}", "region": "North"}]}),),
    "api.merge_records": (
        Call("POST", "/api/v1/customer/{mine}/merge", {"records": ["{theirs}"]}),
        Call("POST", "/api/v1/customer/{mine}/merge", {"records": ["{gone}"], "fields": {"leak_note": "{gone}"}}),
    ),
    "api.list_approvals": ("/api/v1/approvals", "/api/v1/approvals?list=copies", "/api/v1/approvals?q={canary}"),
    "api.get_approval": ("/api/v1/approvals/{file}",),
    "api.decide": (Call("POST", "/api/v1/approvals/{file}/decide", {"task": "manager#1.1", "choice": "approve"}),),
    "api.act": (Call("POST", "/api/v1/approvals/{file}/act", {"action": "comment", "opinion": "x"}),),
    "api.list_pools": ("/api/v1/pools",),
    "api.list_pool_records": (
        "/api/v1/pools/customer_pool/records",
        "/api/v1/pools/customer_pool/records?search={canary}",
    ),
    "api.claim": (Call("POST", "/api/v1/pools/customer_pool/claim", {"records": ["{theirs}"]}),),
    "api.assign": (Call("POST", "/api/v1/pools/customer_pool/assign", {"records": ["{theirs}"], "to": "{boss}"}),),
    "api.put_back": (Call("POST", "/api/v1/customer/{theirs}/put-back", {}),),
    "api.undo_merge": (Call("POST", "/api/v1/merges/{file}/undo"),),
    "api.convert_record": (Call("POST", "/api/v1/lead/{theirs}/convert/lead_to_deal", {}),),
    "api.restore": (Call("POST", "/api/v1/deletions/{deletion}/restore"),),
    "notifications.page": ("/notifications",),
    "notifications.drawer": ("/notifications/drawer",),
    # files: nobody reaches one by its hash or by an id that is not theirs
    "files.download": ("/files/{file}",),
    "files.picture": ("/files/{file}/picture",),
    "files.preview": ("/files/{file}/text",),
    "files.thumbnail": ("/files/{file}/thumbnail",),
    "api.download_file": ("/api/v1/files/{file}",),
}

WITHOUT_RECORDS: Mapping[str, str] = {
    "static": "files of this version, the same for everybody",
    "health.live": "one word",
    "health.ready": "one word",
    "auth.login_page": "a form for people who are not signed in",
    "auth.setup_page": "a form that is gone once somebody can sign in",
    "auth.profile": "the person's own account",
    "auth.forgotten_page": "a form for people who are not signed in",
    "auth.new_password_page": "a form for who holds a secret from their mail",
    "auth.sms_page": "a form for people who are not signed in",
    "auth.go_there": "leads to another site's sign-in",
    "auth.come_back": "comes from another site's sign-in",
    "scim.get_group": "people and groups, for tokens of kind scim alone",
    "scim.get_user": "people and groups, for tokens of kind scim alone",
    "scim.list_groups": "people and groups, for tokens of kind scim alone",
    "scim.list_users": "people and groups, for tokens of kind scim alone",
    "scim.nothing": "the answer to addresses that do not exist",
    "scim.resource_types": "what SCIM offers, the same for everybody",
    "scim.service_provider": "what SCIM offers, the same for everybody",
    "auth.own_sessions": "the person's own sessions",
    "auth.own_tokens": "the person's own tokens",
    "auth.second_factor_page": "the person's own second factor",
    "auth.change_password_page": "an empty form",
    "forms.rules": "rules of a form that people outside fill in, the same for everybody",
    "storefront.show": "listed fields, for who holds a link",
    "storefront.detail": "listed fields, for who holds a link",
    "storefront.picture": "pictures of what is for sale, for who holds a link",
    "storefront.cart": "listed fields, for who holds a link",
    "storefront.thanks": "words, for who holds a link",
    "web_forms.overview": "names, addresses and counts of forms",
    "webhooks.overview": "definitions and states, refused without manage_integrations",
    "webhooks.setup": "names of accounts, counts and failures, refused without manage_integrations",
    "access.integrations_page": "integrations and their roles, refused without manage_integrations",
    "auth.roles_page": "definitions, refused without manage_access",
    "auth.role_page": "definitions, refused without manage_access",
    "api.nothing": "the answer to addresses that do not exist",
    "api.upload_file": "takes bytes and answers with their id",
    "leaving.ask": "a question to who holds a signed link",
    "notifications.count": "one number: the person's own unread notices",
    "notifications.live": "tells that something changed, never what",
    "records.region_choices": "the divisions of a country, the same for everybody",
}

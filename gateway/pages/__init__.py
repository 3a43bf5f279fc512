"""Pages for people, rendered here: citizens in the hall and on phones, staff at their desks.

One folder an audience: its view functions and its templates. Every act is a plain form, so that pages work without
scripts; htmx only saves people a reload. What a page may do, the services decide again.
"""

from __future__ import annotations

from flask import Blueprint, Flask

from gateway.errors import render_pages_with
from gateway.pages import assets, codes, rendering
from gateway.pages.agreements import views as agreements
from gateway.pages.applying import views as applying
from gateway.pages.approval import acts as approval_acts
from gateway.pages.approval import certificates as approval_certificates
from gateway.pages.approval import conduct as approval_conduct
from gateway.pages.approval import history as case_history
from gateway.pages.approval import talk as approval_talk
from gateway.pages.approval import tasks as approval_tasks
from gateway.pages.approval import views as approval
from gateway.pages.archive import destructions
from gateway.pages.archive import hand_overs as archive_hand_overs
from gateway.pages.archive import views as archive
from gateway.pages.board import views as board
from gateway.pages.citizen import views as citizen
from gateway.pages.collecting import owning
from gateway.pages.collecting import views as collecting
from gateway.pages.complaint import desk as complaint_desk
from gateway.pages.complaint import views as complaint
from gateway.pages.cooperation import feedback, figures, joints, planning, standards
from gateway.pages.cooperation import views as cooperation
from gateway.pages.counter import applications, committing, files, hall, results
from gateway.pages.covers import views as covers
from gateway.pages.denying import views as denying
from gateway.pages.evaluation import views as evaluation
from gateway.pages.fees import desk as fees_desk
from gateway.pages.fees import views as bill
from gateway.pages.front import views as front
from gateway.pages.holdings import views as holdings
from gateway.pages.keeping import left as left_papers
from gateway.pages.keeping import views as keeping
from gateway.pages.kiosk import views as kiosk
from gateway.pages.licences import views as licences
from gateway.pages.management import steps as steps_desk
from gateway.pages.management import views as management
from gateway.pages.menu import menu
from gateway.pages.online import views as online
from gateway.pages.papers import printing, verifying
from gateway.pages.problems import render_problem
from gateway.pages.progress import views as progress
from gateway.pages.promising import views as promising
from gateway.pages.relay import anchoring as relay_anchoring
from gateway.pages.relay import views as relay
from gateway.pages.seals import views as seals
from gateway.pages.signin import views as signin
from gateway.pages.supervision import accountability, deadlines, orders, rectifications
from gateway.pages.supervision import cards as supervision_cards
from gateway.pages.supervision import rules as supervision_rules
from gateway.pages.supervision import views as supervision
from gateway.pages.ticket import views as ticket

#: Endpoints for staff who must change their password first.
FOR_NEWCOMERS = ("signin.password", "signin.change_password", "signin.out", "signin.form", "signin.home")


def register_pages(app: Flask) -> None:
    """Adds every page to an app, and shows its errors as pages."""
    # Templates are named from here: "kiosk/slip.html".
    app.register_blueprint(Blueprint("pages", __name__, template_folder="."))
    for views in (
        assets,
        front,
        kiosk,
        ticket,
        progress,
        verifying,
        board,
        evaluation,
        complaint,
        complaint_desk,
        signin,
        citizen,
        applying,
        holdings,
        online,
        hall,
        applications,
        files,
        committing,
        results,
        printing,
        approval,
        approval_acts,
        approval_tasks,
        approval_conduct,
        approval_certificates,
        approval_talk,
        case_history,
        bill,
        fees_desk,
        licences,
        promising,
        denying,
        keeping,
        left_papers,
        supervision,
        deadlines,
        supervision_cards,
        orders,
        rectifications,
        supervision_rules,
        accountability,
        covers,
        management,
        steps_desk,
        seals,
        collecting,
        owning,
        agreements,
        cooperation,
        joints,
        planning,
        feedback,
        standards,
        figures,
        archive,
        archive_hand_overs,
        destructions,
        relay,
        relay_anchoring,
    ):
        app.register_blueprint(views.blueprint)
    codes.install(app)
    rendering.install(app)
    app.jinja_env.globals["menu"] = menu
    app.config.setdefault("OPEN_TO_NEWCOMERS", set()).update(FOR_NEWCOMERS)
    render_pages_with(app, render_problem)

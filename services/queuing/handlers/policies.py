"""A center's settings, in the forms that the domain takes."""

from __future__ import annotations

from kit.workdays import Hours, day_hours
from reference import Policy
from services.queuing.domain.appointment import AppointmentRules
from services.queuing.domain.fairness import Precedence


def own_ticket_hours(policy: Policy) -> Hours:
    """The center's own hours for taking numbers; empty: the calendar's."""
    return day_hours(*policy.data("ticket_hours"))


def precedence_of(policy: Policy) -> Precedence:
    """Who goes first (rules A05, A06)."""
    return Precedence(
        priority_min=policy.integer("priority_head_start_min"),
        appointment_min=policy.integer("appointment_head_start_min"),
        lane_step_min=policy.integer("lane_preference_head_start_min"),
        in_row=policy.integer("priority_calls_in_row"),
    )


def appointment_rules(policy: Policy) -> AppointmentRules:
    """How times are booked (facts 8)."""
    return AppointmentRules(
        days_ahead=policy.integer("appointment_days_ahead"),
        from_days=policy.integer("appointment_from_days"),
        lead_min=policy.integer("appointment_lead_min"),
        slot_min=policy.integer("appointment_slot_min"),
        slot_capacity=policy.integer("appointment_slot_capacity"),
        per_person_day=policy.integer("appointment_per_person_day"),
        cancel_min=policy.integer("appointment_cancel_min"),
        early_min=policy.integer("appointment_early_min"),
        grace_min=policy.integer("appointment_grace_min"),
    )

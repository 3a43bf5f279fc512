"""What sites handle together ↔ messages, applicants masked."""

from __future__ import annotations

from dataclasses import replace

from kit.privacy import mask_id, mask_name, mask_phone
from services.federation.domain.commands import Command
from services.federation.domain.feedback import Feedback
from services.federation.domain.figures import DailyFigures
from services.federation.domain.joint import Joint
from services.federation.domain.parts import Applicant, Part
from services.federation.domain.standards import Standard
from services.federation.domain.urging import Urging
from services.federation.protos.by_name import message_of
from tongban.federation.v1 import figures_pb2, parts_pb2, standards_pb2, urging_pb2


def masked(applicant: Applicant) -> Applicant:
    """An applicant as lists and logs show them (convention 13)."""
    return Applicant(mask_name(applicant.name), mask_id(applicant.id_number), mask_phone(applicant.phone))


def listed_part(part: Part) -> parts_pb2.Part:
    """A part as staff see it: its applicant masked; in full they see them on the record only."""
    return message_of(replace(part, applicant=masked(part.applicant)), parts_pb2.Part())


def told_part(part: Part) -> parts_pb2.Part:
    """A part as other services are told of it: masked, without what people wrote."""
    message = listed_part(part)
    message.ClearField("reason")
    if message.HasField("review"):
        message.review.ClearField("opinion")
    if message.HasField("answer"):
        for field in ("opinion", "basis", "rights"):
            message.answer.ClearField(field)
    return message


def joint_message(joint: Joint) -> parts_pb2.Joint:
    """A joint case as its lead's staff see it: its applicant masked, who stands in its parts."""
    return message_of(replace(joint, applicant=masked(joint.applicant)), parts_pb2.Joint())


def told_joint(joint: Joint) -> parts_pb2.Joint:
    """A joint case as other services are told of it."""
    message = joint_message(joint)
    message.ClearField("reason")
    message.merged.ClearField("opinion")
    if joint.merged is None:
        message.ClearField("merged")
    for each in message.parts:
        each.ClearField("opinion")
    return message


def command_message(command: Command) -> parts_pb2.Command:
    """A command as the site that asked sees it."""
    return message_of(command, parts_pb2.Command())


def told_command(command: Command) -> parts_pb2.Command:
    """A command as other services are told of it."""
    message = command_message(command)
    message.ClearField("reason")
    message.ClearField("message")
    return message


def urging_message(urging: Urging) -> urging_pb2.Urging:
    """An urging as the staff of both ends see it."""
    return message_of(urging, urging_pb2.Urging())


def told_urging(urging: Urging) -> urging_pb2.Urging:
    """An urging as other services are told of it: without its words."""
    message = urging_message(urging)
    message.ClearField("turns")
    for turn in urging.turns:
        message_of(replace(turn, text=""), message.turns.add())
    return message


def feedback_message(feedback: Feedback) -> urging_pb2.Feedback:
    """Feedback as staff see it; whom to call back they see on the record only."""
    return message_of(replace(feedback, contact=mask_phone(feedback.contact)), urging_pb2.Feedback())


def whole_feedback(feedback: Feedback) -> urging_pb2.Feedback:
    """Feedback for the service that handles it here: with what was said, and whom to call back."""
    return message_of(feedback, urging_pb2.Feedback())


def told_feedback(feedback: Feedback) -> urging_pb2.Feedback:
    """Feedback as other services are told of it: without what anybody wrote, and without the contact."""
    message = feedback_message(feedback)
    message.ClearField("text")
    message.ClearField("contact")
    if message.HasField("conclusion"):
        for field in ("findings", "measures", "callback_note"):
            message.conclusion.ClearField(field)
    return message


def told_standard(standard: Standard) -> standards_pb2.Standard:
    """A standard, whole: nothing in it is anybody's own."""
    return message_of(standard, standards_pb2.Standard())


def told_figures(figures: DailyFigures) -> figures_pb2.DailyFigures:
    """A day's figures."""
    return message_of(figures, figures_pb2.DailyFigures())

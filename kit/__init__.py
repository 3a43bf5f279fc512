"""The chassis of every service: ports, wire, errors, clocks. No word of the business."""

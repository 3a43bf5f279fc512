"""What sites say to each other (通办协同): crossings, parts, urging, standards, figures."""

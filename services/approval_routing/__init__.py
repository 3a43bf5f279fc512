"""Cases through their steps to decision and delivery (审批流转)."""

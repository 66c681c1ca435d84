"""Which call goes next: slots of the process, fair between runs, at the pace of each model."""

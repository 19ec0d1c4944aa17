"""How far a command is: steps that it counts as it does them, an estimate of the time left, and what people see of it.

work      the steps of the running command; library code counts in them, whoever watches or does not
steps     a step as it stands, a plain value
estimate  the seconds that are left, a pure function of steps
lines     what is printed of it: a line, two rows of a terminal, an object of JSON; pure functions, too
screen    the rows on a terminal, and what else is printed there
reporter  the thread that looks at the work at intervals, and prints
"""

"""A project file, corpus.yaml: the whole way from dumps to token shards in one file, planned and run.

fields.py     YAML with line and column; a wrong name is answered with the nearest
project.py    what the file says, checked as far as it can be without reading a dump
steps.py      the command lines that it stands for, in order
forecast.py   what each build will take, from measured costs or from a trial
run.py        the steps run one after the other, each a process; what they took is recorded
"""

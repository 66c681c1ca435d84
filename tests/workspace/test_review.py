"""The review of a block of code: what a person is told before they approve it."""

# ruff: noqa: E501 (a snippet to a line reads better than one that is broken up)

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_magic.workspace.review import Review, review

NAMES = ("df", "rows", "config", "seen", "arr", "text", "sources", "total", "load", "context")

MACHINERY = "reaches the notebook's own machinery"

# What plain analysis looks like. None of it may alarm anybody.
READING = [
    "print(df.groupby('module')['lines'].sum().sort_values(ascending=False).head(10))",
    "import re\nprint(len(re.findall(r'\\d+', text)))",
    "from collections import Counter\nc = Counter(r['kind'] for r in rows)\nprint(c.most_common(3))",
    "hits = [name for name, body in sources.items() if 'todo' in body.lower()]\nprint(hits[:5])",
    "import json\nparsed = [json.loads(line) for line in text.splitlines()]",
    "with open('notes.txt') as f:\n    lines = f.read().splitlines()",
    "with open('notes.txt', 'r', encoding='utf-8') as f:\n    print(f.readline())",
    "mode = 'rb'\nblob = open('a.bin', mode).read()",
    "from pathlib import Path\nnotes = Path('notes.txt').read_text()",
    "from pathlib import Path\nfor p in Path('.').rglob('*.py'):\n    print(p.name, p.stat().st_size)",
    "answers = llm_query_batched([f'Classify: {row}' for row in rows])\nprint(answers[:3])",
    "out = {}\nfor k, v in sources.items():\n    out[k] = len(v)\nprint(sorted(out.items())[:5])",
    "groups = {}\nfor r in rows:\n    groups.setdefault(r['kind'], []).append(r)\nprint(len(groups))",
    "from collections import defaultdict\ng = defaultdict(list)\nfor r in rows:\n"
    "    g[r['kind']].append(r['n'])\nbest = max(g, key=lambda k: sum(g[k]))",
    "copy = df.copy()\ncopy['x'] = 1\ncopy.drop(columns=['y'], inplace=True)",
    "big = df[df['lines'] > 100]\nbig['rank'] = 1",
    "mask = df['a'].isin([1, 2])\nsub = df[mask]\nsub.loc[:, 'x'] = 2",
    "mine = list(rows)\nmine.append(1)\nmine.sort()",
    "mine = sorted(rows, key=lambda r: r['n'], reverse=True)[:10]\nmine.pop()",
    "new = [*rows, 1]\nnew.extend([2])",
    "x = [r['n'] for r in rows]\nx += [1]\nx.reverse()",
    "n = total\nfor r in rows:\n    x = r['n']\n    x += 1\nprint(n)",
    "wide = df.set_index('a').reset_index().add_prefix('x_').rename(columns=str.lower)",
    "more = df['a'].add(1).sub(2)\nranked = df.sort_values('a').insert",
    "print(df.to_csv())\nprint(df.head().to_string())\nprint(df.to_json(orient='records')[:100])",
    "import io\nbuffer = io.StringIO()\ndf.info(buf=buffer)\ndf.to_csv(buffer, index=False)",
    "import pandas as pd\nnew = pd.DataFrame(rows)\nnew['x'] = new['a'] * 2\nnew.columns = ['a', 'x']",
    "import numpy as np\nnp.random.seed(0)\nm = np.array(arr)\nm[0] = 1\nm.sort()\nprint(np.append(arr, 1))",
    "import os\nprint(os.path.basename('a/b'), os.getcwd(), os.listdir('.'), os.cpu_count())",
    "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool:\n"
    "    answers = list(pool.map(llm_query, rows))",
    "def clean(s):\n    s = s.strip()\n    return s.lower()\nwords = [clean(w) for w in text.split()]",
    "def total_of(items):\n    out = []\n    for i in items:\n        out.append(i['n'])\n    return sum(out)\n"
    "print(total_of(rows))",
    "class Box:\n    def __init__(self, items):\n        self.items = list(items)\n        self.n = 0\n"
    "    def add(self, x):\n        self.items.append(x)\nb = Box(rows)\nb.add(1)",
    "import math, itertools, functools, datetime, statistics, random, string, textwrap, hashlib",
    "best = max(rows, key=lambda r: r['n'])\nprint(best['name'])",
    "chunks = [text[i:i + 1000] for i in range(0, len(text), 1000)]",
    "if 'x' in globals():\n    print(x)\nprint(type(df).__name__, df.__class__.__name__)",
    "import sqlite3\ncon = sqlite3.connect(':memory:')\nprint(con.execute('SELECT count(*) FROM t').fetchall())",
    "FINAL_VAR('answer')",
    "answer['content'] = 42\nanswer['ready'] = True",
    "%time n = len(rows)\n%matplotlib inline\ndf.head?",
    "%%time\nn = len(rows)",
    "result = load('a.txt')\nprint(result)",
    "import matplotlib.pyplot as plt\nplt.plot(arr)\nplt.rcParams['figure.figsize'] = (3, 3)\nplt.show()",
    "import pandas as pd\npd.options.display.max_rows = 10\npd.set_option('display.width', 100)",
    "print(getattr(df, 'shape'), hasattr(df, 'x'), getattr(df, 'y', None))",
    "import polars as pl\nt = pl.DataFrame(rows)\nprint(t.sort('a').with_columns(b=pl.col('a') + 1))\nu = df.sort('a')",
    "for i, row in enumerate(rows):\n    if row['n'] > 3 and row.get('x'):\n        print(i, row)\n        break",
    "match rows[0]:\n    case {'n': n}:\n        print(n)",
    "async def ask(q):\n    return llm_query(q)\nprint(await ask('x'))",
    "try:\n    n = int(text)\nexcept ValueError as e:\n    print(e)",
    "from scipy import signal\nprint(signal.find_peaks(arr))",
    "s = ', '.join(sorted(set(text.split())))\nprint(s.replace('a', 'b'), s.partition(','))",
    "context_names = list(context)\nprint(context['df'].head(), len(context))",
    "data = {'a': df, 'b': rows}\nprint({k: len(v) for k, v in data.items()})",
    "import urllib.parse\nprint(urllib.parse.urlparse('https://a.b/c').netloc)",
    "import pandas as pd\nt = pd.read_csv('local.csv')",
    """\
import re
from collections import Counter, defaultdict
pat = re.compile(r"def (\\w+)")
counts = Counter()
for path, src in context.items():
    counts.update(pat.findall(src))
print(counts.most_common(20))
""",
    """\
chunks = [context[i:i+50000] for i in range(0, len(context), 50000)]
prompts = [f"Chunk {i}: {c}" for i, c in enumerate(chunks)]
replies = llm_query_batched(prompts)
merged = []
for r in replies:
    for line in r.split("\\n"):
        line = line.strip("- ")
        if line:
            merged.append(line)
merged = list(dict.fromkeys(merged))
merged.sort()
print(len(merged)); print(merged[:20])
""",
    """\
d = df.copy()
d["len"] = d["text"].str.len()
d.sort_values("len", ascending=False, inplace=True)
top = d.head(10)
top["rank"] = range(1, 11)
agg = d.groupby("module").agg(n=("len","sum")).reset_index()
agg.columns = ["m","n"]
pivot = agg.pivot_table(index="m", values="n")
pivot.loc["x"] = 3
""",
    """\
lines = text.split("\\n")
lines.pop(0)
idx = {}
for i, l in enumerate(lines):
    idx.setdefault(l[:3], []).append(i)
    idx[l[:3]].append(i)
    idx[l[:3]] += [3]
queue = [rows[0]]
visited = set()
while queue:
    cur = queue.pop(0)
    if cur["id"] in visited: continue
    visited.add(cur["id"])
    for c in cur.get("children", []):
        queue.append(c)
""",
    """\
best = None
for r in rows:
    if best is None or r["n"] > best["n"]:
        best = r
print(best)
s = 0
for r in rows: s += r["n"]
total_len = sum(len(v) for v in sources.values())
out = ""
for k in sources: out += k + "\\n"
parts = [sources[k] for k in sorted(sources)]
parts.reverse()
names = df["name"].tolist()
names.append("x")
cols = list(df.columns); cols.remove("a")
u = df["a"].unique(); u.sort()
vals = df["a"].values.copy(); vals[0] = 1
z = df["a"].to_numpy().copy()
m = df.merge(pd.DataFrame(rows), on="a"); m["x"]=1
j = pd.concat([df, df]); j["x"] = 1
w = df.assign(x=1).query("x > 0"); w["y"] = 2
t = df[["a","b"]]; t["c"] = 1
dd = df.to_dict("records"); dd.append({}); dd[0]["x"]=1
g = {k: v for k, v in df.groupby("a")}
""",
    """\
def parse(line, acc):
    acc["n"] += 1
    m = re.search("x", line)
    if m: acc["hits"].append(line)
acc = {"n": 0, "hits": []}
for line in context.splitlines():
    parse(line, acc)
FINAL(acc["n"])
""",
    """\
import ast
tree = ast.parse(sources["a.py"])
fns = [n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
for node in ast.walk(tree):
    if isinstance(node, ast.Import):
        fns.extend(a.name for a in node.names)
""",
    """\
import itertools
pairs = list(itertools.combinations(rows, 2))
pairs.sort(key=lambda p: p[0]["n"])
hits = [p for p in pairs if p[0]["k"] == p[1]["k"]]
hits.append(1)
seenx = set()
uniq = [r for r in rows if not (r["k"] in seenx or seenx.add(r["k"]))]
""",
    """\
import datetime as dt
from dataclasses import dataclass
@dataclass
class Hit:
    name: str
    n: int = 0
hits = [Hit(r["name"]) for r in rows]
for h in hits:
    h.n += 1
hits[0].name = "x"
lookup = dict(sources)
lookup["x"] = "y"
lookup.pop("x")
lookup.update(a="b")
merged = {**config, "x": 1}
merged["y"] = 2
del merged["x"]
""",
    """\
answers = {}
def ask(name):
    answers[name] = llm_query(sources[name][:2000])
from concurrent.futures import ThreadPoolExecutor, as_completed
with ThreadPoolExecutor(max_workers=8) as ex:
    futs = {ex.submit(ask, n): n for n in sources}
    for f in as_completed(futs):
        f.result()
""",
    """\
import time, sys, gc
t0 = time.time()
print(sys.getsizeof(text), sys.version, time.time() - t0, file=sys.stderr)
x = input
print(dir(df)[:10], vars().keys())
print(isinstance(context, dict), type(context), context.keys() if hasattr(context, "keys") else None)
""",
    """\
fig, ax = plt.subplots()
ax.plot(arr); ax.set_title("x")
df.plot(ax=ax)
ax.legend()
""",
    """\
import csv, io
reader = csv.DictReader(io.StringIO(text))
recs = list(reader)
for rec in recs:
    rec["n"] = int(rec["n"])
buf = io.StringIO(); w = csv.writer(buf); w.writerow([1]); buf.write("x")
print(buf.getvalue())
""",
    """\
m = re.search(r"x(\\d+)", text)
if m:
    val = m.group(1); start = max(0, m.start()-100); print(text[start:m.end()+100])
it = re.finditer("x", text)
for m in it: print(m.start())
acc = arr.astype(float); acc += 1; acc[0] = 2
a2 = arr + 1; a2.sort()
a3 = np.sort(arr); a3[0] = 1
a4 = np.zeros_like(arr); a4[:] = arr
rank = np.argsort(arr)[::-1]
q = np.where(arr > 1, arr, 0); q[0] = 1
""",
    """\
rows2 = [dict(r, x=1) for r in rows]
for r in rows2: r["y"] = 2
rows3 = [r.copy() for r in rows]
for r in rows3: r["y"] = 2
import copy
r4 = copy.deepcopy(rows); r4[0]["x"] = 1
by = {r["id"]: r for r in rows}
by["new"] = 1
ids = {r["id"] for r in rows}; ids.add(3); ids.discard(4)
cnt = {}
for r in rows:
    cnt[r["k"]] = cnt.get(r["k"], 0) + 1
    cnt[r["k"]] += r["n"]
""",
    """\
words = text.split()
freq = {}
for w in words:
    w = w.lower().strip(".,")
    freq[w] = freq.get(w, 0) + 1
stack, depth = [], 0
for ch in text:
    if ch == "(":
        stack.append(ch)
    elif stack:
        stack.pop()
mat = [[0]*3 for _ in range(3)]
mat[0][1] = 4
""",
    """\
for name, frame in [("a", df)]:
    print(name, frame.describe())
    tmp = frame.reset_index(drop=True)
    tmp["z"] = 1
print(df.eval("a+b"), df.query("a>1"))
df.info(); df.describe(include="all"); df["a"].value_counts()
print(df.pipe(lambda d: d[d.a > 1]).shape)
s = df["a"].str.extract(r"(x)").dropna(); s["q"]=1
s2 = df["a"].map(lambda v: v.strip()).replace("a","b")
""",
    """\
if isinstance(context, str):
    docs = context.split("---")
else:
    docs = list(context)
results = rlm_query_batched(["q"]*3, docs[:3])
for r, d_ in zip(results, docs): print(r, d_[:10])
x, *rest = docs
rest.append(1)
""",
    "mine = rows[:]\nmine.append(1)\nx, *rest = rows\nrest.append(1)",
    "def collect(items, out):\n    out.extend(items)\nfound = []\ncollect(items=rows, out=found)",
    "s = text\ns += 'x'",
    "print('os.system is not called', \"eval(x)\")  # exec('1')",
]  # fmt: skip

# code: (level, a chip that must be there)
RISKY: dict[str, tuple[str, str | None]] = {
    # --- the person's variables ---
    "df['x'] = 1": ("changes yours", "changes `df` in place"),
    "df.loc[df.a > 1, 'x'] = 2": ("changes yours", "changes `df` in place"),
    "df.iloc[0, 0] += 1": ("changes yours", "changes `df` in place"),
    "df.columns = ['a']": ("changes yours", "changes `df` in place"),
    "df.drop(columns=['a'], inplace=True)": ("changes yours", "changes `df` in place"),
    "df['a'].fillna(0, inplace=flag)": ("changes yours", "changes `df` in place"),
    "rows.append(1)": ("changes yours", "changes `rows` in place"),
    "rows[0]['n'] = 3": ("changes yours", "changes `rows` in place"),
    "rows.sort(key=len)": ("changes yours", "changes `rows` in place"),
    "x = rows.sort()": ("changes yours", "changes `rows` in place"),
    "rows[:] = []": ("changes yours", "changes `rows` in place"),
    "rows += [1]": ("changes yours", "changes `rows` in place"),
    "total += 1": ("changes yours", "rebinds `total`"),
    "df = df.dropna()": ("changes yours", "rebinds `df`"),
    "for df in rows:\n    pass": ("changes yours", "rebinds `df`"),
    "import numpy as df": ("changes yours", "rebinds `df`"),
    "def load(path):\n    pass": ("changes yours", "rebinds `load`"),
    "[df := 1]": ("changes yours", "rebinds `df`"),
    "def f():\n    global df\n    df = 1": ("changes yours", "rebinds `df`"),
    "del df": ("changes yours", "deletes `df`"),
    "del df['a']": ("changes yours", "changes `df` in place"),
    "del rows[0], config['a']": ("changes yours", "changes `rows`, `config` in place"),
    "config.update(a=1)": ("changes yours", "changes `config` in place"),
    "config.pop('a', None)": ("changes yours", "changes `config` in place"),
    "config |= {'a': 1}": ("changes yours", "changes `config` in place"),
    "config.timeout = 3": ("changes yours", "changes `config` in place"),
    "setattr(config, 'timeout', 3)": ("changes yours", "changes `config` in place"),
    "config.__dict__['a'] = 1": ("changes yours", "changes `config` in place"),
    "vars(config)['a'] = 1": ("changes yours", "changes `config` in place"),
    "config.set_timeout(3)": ("changes yours", "changes `config` in place"),
    "config.get('a').append(1)": ("changes yours", "changes `config` in place"),
    "seen.add(1)": ("changes yours", "changes `seen` in place"),
    "[seen.add(r) for r in rows]": ("changes yours", "changes `seen` in place"),
    "print([r for r in rows if not (r in seen or seen.add(r))])": ("changes yours", "changes `seen` in place"),
    "add = seen.add\nadd(1)": ("changes yours", "changes `seen` in place"),
    "list(map(rows.remove, [1]))": ("changes yours", "changes `rows` in place"),
    "arr.fill(0)": ("changes yours", "changes `arr` in place"),
    "arr *= 2": ("changes yours", "changes `arr` in place"),
    "import numpy as np\nnp.add(arr, 1, out=arr)": ("changes yours", "changes `arr` in place"),
    "import numpy as np\nv = np.asarray(arr)\nv[0] = 1": ("changes yours", "changes `arr` in place"),
    "import random\nrandom.shuffle(rows)": ("changes yours", "changes `rows` in place"),
    "from heapq import heappush as hp\nhp(rows, 1)": ("changes yours", "changes `rows` in place"),
    "list.append(rows, 1)": ("changes yours", "changes `rows` in place"),
    "rows.__setitem__(0, 1)": ("changes yours", "changes `rows` in place"),
    "a = df\na['x'] = 1": ("changes yours", "changes `df` in place"),
    "a = b = rows\nb.clear()": ("changes yours", "changes `rows` in place"),
    "a, b = df, 1\na['x'] = 1": ("changes yours", "changes `df` in place"),
    "a = df if total else rows\na.pop()": ("changes yours", "changes `df`, `rows` in place"),
    "if total:\n    df2 = df\nelse:\n    df2 = df.copy()\ndf2['x'] = 1": ("changes yours", "changes `df` in place"),
    "for r in rows:\n    r['x'] = 1": ("changes yours", "changes `rows` in place"),
    "for i, r in enumerate(sorted(rows)):\n    r.update(x=i)": ("changes yours", "changes `rows` in place"),
    "for k, v in config.items():\n    v.append(k)": ("changes yours", "changes `config` in place"),
    "last = {}\nfor r in rows:\n    last['x'] = 1\n    last = r": ("changes yours", "changes `rows` in place"),
    "box = [df]\nbox[0]['x'] = 1": ("changes yours", "changes `df` in place"),
    "box = {}\nbox['a'] = df\nbox['a']['x'] = 1": ("changes yours", "changes `df` in place"),
    "box = []\nbox.append(df)\nfor b in box:\n    b['x'] = 1": ("changes yours", "changes `df` in place"),
    "def f(t):\n    t['x'] = 1\nf(df)": ("changes yours", "changes `df` in place"),
    "def f(t):\n    return t\nf(df)['x'] = 1": ("changes yours", "changes `df` in place"),
    "def f(t=df):\n    t['x'] = 1\nf()": ("changes yours", "changes `df` in place"),
    "def f(*, t):\n    t['x'] = 1\nf(t=df)": ("changes yours", "changes `df` in place"),
    "def f():\n    rows.append(1)": ("changes yours", "changes `rows` in place"),
    "df.apply(lambda r: r.update({'x': 1}), axis=1)": ("changes yours", "changes `df` in place"),
    "def f(r):\n    r['x'] = 1\nlist(map(f, rows))": ("changes yours", "changes `rows` in place"),
    "class A:\n    def go(self, t):\n        t['x'] = 1\nA().go(df)": ("changes yours", "changes `df` in place"),
    "match rows[0]:\n    case r:\n        r['x'] = 1": ("changes yours", "changes `rows` in place"),
    "(t := df)['x'] = 1": ("changes yours", "changes `df` in place"),
    "context['df']['x'] = 1": ("changes yours", "changes `df` in place"),
    "context.get('df').pop('x')": ("changes yours", "changes `df` in place"),
    "context.append(1)": ("changes yours", "changes `context` in place"),
    "for v in context.values():\n    v.clear()": ("changes yours", "changes `context` in place"),
    "for v in list(globals().values()):\n    v.clear()": ("changes yours", None),
    "%reset -f": ("changes yours", None),
    # --- files ---
    "open('a', 'w').write('x')": ("reaches outside", "writes a file"),
    "with open('a', mode='ab') as f:\n    f.write(b'')": ("reaches outside", "writes a file"),
    "f = open\nf('a', 'w')": ("reaches outside", "writes a file"),
    "m = 'w'\nopen('a', m)": ("reaches outside", "writes a file"),
    "open('a', text)": ("reaches outside", "writes a file"),
    "open(*['a', 'w'])": ("reaches outside", "writes a file"),
    "open('a', **{'mode': 'w'})": ("reaches outside", "writes a file"),
    "import functools\nfunctools.partial(open, mode='w')('a')": ("reaches outside", "writes a file"),
    "import gzip\ngzip.open('a', 'wt')": ("reaches outside", "writes a file"),
    "from pathlib import Path\nPath('a').write_text('x')": ("reaches outside", "writes a file"),
    "from pathlib import Path as P\n(P('a') / 'b').open('w')": ("reaches outside", "writes a file"),
    "from pathlib import Path\nPath('a').rename('b')": ("reaches outside", "writes a file"),
    "import pathlib\nfor p in sorted(pathlib.Path.home().glob('*')):\n    p.unlink()": ("reaches outside", "deletes a file"),
    "import os\nos.remove('a')": ("reaches outside", "deletes a file"),
    "import shutil as s\ns.rmtree('a')": ("reaches outside", "deletes a file"),
    "from shutil import *\nrmtree('a')": ("reaches outside", "deletes a file"),
    "df.to_csv('a.csv')": ("reaches outside", "writes a file"),
    "df.to_json(path_or_buf='a.json')": ("reaches outside", "writes a file"),
    "df.to_parquet('a')": ("reaches outside", "writes a file"),
    "df.to_excel('a.xlsx')": ("reaches outside", "writes a file"),
    "df.to_sql('t', con)": ("reaches outside", "writes a file"),
    "np.save('a', arr)": ("reaches outside", "writes a file"),
    "import json\njson.dump(rows, f)": ("reaches outside", "writes a file"),
    "import pickle\npickle.dump(rows, f)": ("reaches outside", "writes a file"),
    "plt.savefig('a.png')": ("reaches outside", "writes a file"),
    "con.execute('DROP TABLE t')": ("reaches outside", "writes a file"),
    "con.execute(text)": ("reaches outside", "writes a file"),
    "con.execute('WITH x AS (SELECT 1) DELETE FROM t')": ("reaches outside", "writes a file"),
    "%%writefile a.py\nx = 1": ("reaches outside", "writes a file"),
    # --- network ---
    "import requests\nrequests.get('http://a')": ("reaches outside", "network"),
    "import httpx as h\nh.Client()": ("reaches outside", "network"),
    "from urllib.request import urlopen as u\nu('http://a')": ("reaches outside", "network"),
    "import socket\nsocket.socket()": ("reaches outside", "network"),
    "import pandas as pd\npd.read_csv('https://a/b.csv')": ("reaches outside", "network"),
    "url = 'http://' + 'a'\npd.read_csv(url)": ("reaches outside", "network"),
    "pd.read_json(f'https://{host}/a')": ("reaches outside", "network"),
    "import boto3\ns3 = boto3.client('s3')": ("reaches outside", "network"),
    "import smtplib\nsmtplib.SMTP('a')": ("reaches outside", "network"),
    # --- shell and processes ---
    "!ls": ("reaches outside", "shell"),
    "files = !ls": ("reaches outside", "shell"),
    "%%bash\nls": ("reaches outside", "shell"),
    "%sx ls": ("reaches outside", "shell"),
    "for i in rows:\n    !echo {i}": ("reaches outside", "shell"),
    "import os\nos.system('ls')": ("reaches outside", "shell"),
    "os.system('ls')": ("reaches outside", "shell"),
    "import os as o\no.system('ls')": ("reaches outside", "shell"),
    "from os import system as s\ns('ls')": ("reaches outside", "shell"),
    "from os import *\nsystem('ls')": ("reaches outside", "shell"),
    "import os\nf = os.system\nf('ls')": ("reaches outside", "shell"),
    "import os\ngetattr(os, 'system')('ls')": ("reaches outside", "shell"),
    "import os\ngetattr(os, 'sys' + 'tem')('ls')": ("reaches outside", "shell"),
    "import os\ngetattr(os, ''.join(['sys', 'tem']))('ls')": ("reaches outside", "shell"),
    "import os\nlist(map(os.system, ['ls']))": ("reaches outside", "shell"),
    "import os\n{'a': os.system}['a']('ls')": ("reaches outside", "shell"),
    "import shutil\nshutil.os.system('ls')": ("reaches outside", "shell"),
    "__import__('os').system('ls')": ("reaches outside", "shell"),
    "import importlib\nimportlib.import_module('os').popen('ls')": ("reaches outside", "shell"),
    "import subprocess\nsubprocess.run(['ls'])": ("reaches outside", "shell"),
    "from subprocess import Popen\nclass P(Popen):\n    pass": ("reaches outside", "shell"),
    "def f():\n    import os\n    os.system('ls')": ("reaches outside", "shell"),
    "lambda: os.system('ls')": ("reaches outside", "shell"),
    "x = o.system('ls') if (o := __import__('os')) else 0": ("reaches outside", "dynamic code"),
    "@os.system\ndef f():\n    pass": ("reaches outside", "shell"),
    "print(f\"{os.system('ls')}\")": ("reaches outside", "shell"),
    "%time os.system('ls')": ("reaches outside", "shell"),
    "%%capture out\nimport os\nos.system('ls')": ("reaches outside", "shell"),
    "import multiprocessing as mp\nmp.Pool()": ("reaches outside", "processes"),
    "import os\nos.kill(1, 9)": ("reaches outside", "processes"),
    "import os\nos.execv('a', [])": ("reaches outside", "processes"),
    "import os\nos.chdir('/')": ("reaches outside", "processes"),
    "import signal\nsignal.signal(2, f)": ("reaches outside", "processes"),
    # --- installs ---
    "%pip install x": ("reaches outside", "installs packages"),
    "!pip install x": ("reaches outside", "installs packages"),
    "!uv pip install x": ("reaches outside", "installs packages"),
    "%%bash\npip install x": ("reaches outside", "installs packages"),
    "import pip\npip.main(['install', 'x'])": ("reaches outside", "installs packages"),
    "import ensurepip\nensurepip.bootstrap()": ("reaches outside", "installs packages"),
    # --- environment and secrets ---
    "import os\nprint(os.environ['KEY'])": ("reaches outside", "environment"),
    "from os import getenv\ngetenv('KEY')": ("reaches outside", "environment"),
    "from dotenv import load_dotenv\nload_dotenv()": ("reaches outside", "environment"),
    "import keyring\nkeyring.get_password('a', 'b')": ("reaches outside", "environment"),
    "open('/root/.ssh/id_rsa').read()": ("reaches outside", "environment"),
    "import os\nopen(os.path.expanduser('~/.aws/credentials'))": ("reaches outside", "environment"),
    "from pathlib import Path\n(Path.home() / '.ssh' / 'id_rsa').read_text()": ("reaches outside", "environment"),
    "open('.env').read()": ("reaches outside", "environment"),
    "%env": ("reaches outside", "environment"),
    # --- dynamic code ---
    "exec('1')": ("reaches outside", "dynamic code"),
    "e = eval\ne('1')": ("reaches outside", "dynamic code"),
    "import builtins as b\nb.exec('1')": ("reaches outside", "dynamic code"),
    "__builtins__.eval('1')": ("reaches outside", "dynamic code"),
    "__builtins__['eval']('1')": ("reaches outside", "dynamic code"),
    "globals()['__builtins__']": ("reaches outside", "dynamic code"),
    "globals()['ev' + 'al']('1')": ("reaches outside", "dynamic code"),
    "globals()['x'] = 1": ("reaches outside", "dynamic code"),
    "globals().update(x=1)": ("reaches outside", "dynamic code"),
    "g = globals()\ng[text]": ("reaches outside", "dynamic code"),
    "getattr(df, text)()": ("reaches outside", "dynamic code"),
    "().__class__.__bases__[0].__subclasses__()": ("reaches outside", "dynamic code"),
    "(lambda: 0).__globals__": ("reaches outside", "dynamic code"),
    "import os\nos.__dict__['system']('ls')": ("reaches outside", "dynamic code"),
    "import os\nvars(os)['system']('ls')": ("reaches outside", "dynamic code"),
    "import sys\nsys.modules['os'].system('ls')": ("reaches outside", "dynamic code"),
    "import sys\nsys.path.insert(0, '/tmp')": ("reaches outside", "dynamic code"),
    "import pickle\npickle.loads(b'')": ("reaches outside", "dynamic code"),
    "import numpy as np\nnp.load('a', allow_pickle=True)": ("reaches outside", "dynamic code"),
    "import marshal\nmarshal.loads(b'')": ("reaches outside", "dynamic code"),
    "import ctypes\nctypes.CDLL(None)": ("reaches outside", "dynamic code"),
    "import pandas as pd\npd.read_csv = print": ("reaches outside", "dynamic code"),
    "import json\nsetattr(json, 'loads', print)": ("reaches outside", "dynamic code"),
    "from collections import Counter\nCounter.get = print": ("reaches outside", "dynamic code"),
    "get_ipython().system('ls')": ("reaches outside", "dynamic code"),
    "%run a.py": ("reaches outside", "dynamic code"),
    "%load_ext x": ("reaches outside", "dynamic code"),
    "%%javascript\nalert(1)": ("reaches outside", "dynamic code"),
    "import operator\noperator.attrgetter('system')(os)('ls')": ("reaches outside", "dynamic code"),
    "type(df).x = 1": ("reaches outside", "dynamic code"),
    "import posix\nposix.system('ls')": ("reaches outside", "shell"),
    "def g():\n    return os.system\ng()('ls')": ("reaches outside", "shell"),
    "import threading\nthreading.Thread(target=os.system, args=('ls',)).start()": ("reaches outside", "shell"),
    "session.get('http://a')": ("reaches outside", "network"),
    "import logging\nlogging.basicConfig(filename='a')": ("reaches outside", "writes a file"),
    "try:\n    pass\nexcept OSError as df:\n    pass": ("changes yours", "rebinds `df`"),
    "def gen():\n    for r in rows:\n        yield r\nfor r in gen():\n    r['x'] = 1": ("changes yours", "changes `rows` in place"),
    "x, *y = rows\ny[0]['a'] = 1": ("changes yours", "changes `rows` in place"),
    "v = arr[:]\nv[0] = 1": ("changes yours", "changes `arr` in place"),
    "def f(*a, **k):\n    k['t']['x'] = 1\nf(t=df)": ("changes yours", "changes `df` in place"),
    "list(map(lambda r: r, rows))[0]['x'] = 1": ("changes yours", "changes `rows` in place"),
    # --- what carries a person's approval ---
    "import ipywidgets": ("reaches outside", MACHINERY),
    "import ipywidgets as w\nw.Widget.widgets": ("reaches outside", MACHINERY),
    "from anywidget import AnyWidget as A": ("reaches outside", MACHINERY),
    "import comm\ncomm.get_comm_manager().comms": ("reaches outside", MACHINERY),
    "from comm import *": ("reaches outside", MACHINERY),
    "import ipykernel.comm": ("reaches outside", MACHINERY),
    "def f():\n    from rlm_magic.notebook.panel import panel": ("reaches outside", MACHINERY),
    "from rlm_magic.recorded import RecordedRun": ("reaches outside", MACHINERY),
    "ipywidgets.Widget.widgets": ("reaches outside", MACHINERY),
    # --- what cannot be read ---
    "x = (": ("reaches outside", "cannot be read"),
    ",os.system ls": ("reaches outside", "cannot be read"),
    "(" * 5000: ("reaches outside", "cannot be read"),
    "x" + ".a" * 50_000: ("reaches outside", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("code", READING)
def test_plain_analysis_is_not_risky(code: str) -> None:
    found = review(code, NAMES)
    assert not found.risky, (found.level, found.findings)
    assert found.findings == ()


@pytest.mark.parametrize("code", RISKY, ids=lambda code: code[:60])
def test_what_changes_or_reaches_outside_is_risky_and_said(code: str) -> None:
    level, chip = RISKY[code]
    found = review(code, NAMES)
    assert found.risky
    assert found.level == level, found.findings
    assert chip is None or chip in found.chips


def test_a_review_lists_what_is_read_bound_imported_and_asked() -> None:
    found = review("import re\nfrom os import path\nbig = len(df)\nprint(llm_query(text))", NAMES)
    assert found == Review(
        "binds new names",
        reads=("df", "text"),
        binds=("big",),
        imports=("re", "os"),
        helpers=("llm_query",),
    )
    assert found.chips == (
        "binds `big`",
        "reads `df`, `text`",
        "imports re, os",
        "calls llm_query",
    )


def test_code_that_does_nothing_reads_only() -> None:
    assert review("", NAMES) == review("# nothing\n", NAMES) == Review("reads only")


def test_a_finding_says_what_and_where() -> None:
    found = review("a = df\n\nif total:\n    a['x'] = 1\n!ls\n", NAMES)
    assert [(finding.kind, finding.line) for finding in found.findings] == [
        ("in_place", 4),
        ("shell", 5),
    ]
    assert found.findings[0].text == "`a['x'] = …` changes `df` in place"
    assert found.findings[1].text == "`!ls` runs other programs"


def test_many_names_are_counted_in_a_chip() -> None:
    found = review("\n".join(f"n{i} = {i}" for i in range(7)), ())
    assert found.chips == ("binds `n0`, `n1`, `n2`, `n3` and 3 more",)


def test_names_inside_of_functions_and_comprehensions_are_not_bound() -> None:
    code = "def f(df):\n    rows = df\n    return rows\nx = [rows for rows in f(1)]\nlambda df: df"
    assert review(code, NAMES).binds == ("f", "x")


def test_only_names_of_the_person_are_theirs() -> None:
    assert not review("df['x'] = 1\ndf = 2\ndel df", ()).risky


def test_the_names_that_the_run_lends_are_not_the_persons() -> None:
    lent = ("context", "answer", "FINAL", "llm_query")
    assert not review("context = 1\nanswer['content'] = 2\nFINAL = llm_query = 3", lent).risky


def test_an_import_of_what_the_notebook_has_is_no_rebinding() -> None:
    code = "import re, pandas as pd\nfrom collections import Counter"
    assert review(code, ("re", "pd", "Counter")).level == "binds new names"


def test_a_module_that_the_notebook_has_is_followed_without_an_import() -> None:
    assert review("os.system('ls')", ("os",)).level == "reaches outside"
    assert review("requests.get(url)", ("requests",)).level == "reaches outside"
    assert review("signal.mean()", ("signal",)).chips == ("reads `signal`",)
    assert review("comm.mean()", ("comm",)).chips == ("reads `comm`",)


def test_a_name_that_the_code_gave_to_something_else_is_no_module() -> None:
    assert not review("os = {}\nos['system'] = 1\nprint(os.get('environ'))", ()).risky


def test_a_review_cannot_be_changed_and_is_plain_data() -> None:
    found = review("open('a', 'w')\ndf['x'] = 1", NAMES)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.level = "reads only"  # type: ignore[misc]
    data = json.loads(json.dumps(dataclasses.asdict(found)))
    assert data["level"] == "reaches outside"
    assert data["findings"][0]["kind"] == "write"


def test_functions_that_call_each_other_are_followed_to_an_end() -> None:
    calls = "".join(f"def f{i}(x):\n    f{i + 1}(x); f{i + 1}([x])\n" for i in range(60))
    assert review(f"{calls}def f60(x):\n    x.append(1)\nf0(rows)", NAMES).risky


def test_a_flood_of_calls_hides_nothing() -> None:
    flood = "def f(*x):\n    return f(*x, [x])\n" + "f(rows, 1)\nf(df, [2])\n" * 5_000
    found = review(f"{flood}def g():\n    import os\n    os.system('ls')\n", NAMES)
    assert "shell" in found.chips


PIECES = ["(", ")", "'''", "\n", "    ", "if x:", "%", "!", "x = ", "\x00", "\ud800"]
snippets = st.sampled_from([*READING, *RISKY, *PIECES])


@given(st.lists(snippets, max_size=4).map("\n".join) | st.text())
def test_any_text_can_be_reviewed(code: str) -> None:
    found = review(code, NAMES)
    assert found.risky == (found.level in ("changes yours", "reaches outside"))
    assert found.readable or found.risky

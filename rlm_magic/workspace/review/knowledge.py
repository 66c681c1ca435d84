"""What a review knows of Python's libraries: tables of names, nothing else.

A path is the dotted name under which a thing is imported; `x()` is what calling `x` returns, and
`x.*` stands for everything in `x`.
"""

import re
from typing import Literal

__all__ = [
    "ALIASES",
    "CHANGES_ARGUMENT",
    "CHANGES_IF_DROPPED",
    "CHANGING",
    "CHANGING_SOUND",
    "CLASSES",
    "CONFIGURATION",
    "CONTAINERS",
    "COPIED_BY_SLICES",
    "C_MODULES",
    "ELEMENTS",
    "ELEMENT_OF",
    "HELPERS",
    "HIDDEN",
    "INSTALLS",
    "LEFT_ALONE",
    "MACHINERY",
    "MAGICS",
    "MAPPINGS",
    "MASKS",
    "MENTIONS",
    "METHODS",
    "MODES",
    "MODULES",
    "PAIRINGS",
    "PATHS",
    "PATH_STEPS",
    "PERHAPS_MODULES",
    "PLACES",
    "READERS",
    "REQUESTS",
    "SAME",
    "SCALARS",
    "SECRET",
    "SHARING_METHODS",
    "SQL_READS",
    "SQL_WRITES",
    "SUFFIX_ROOTS",
    "URL",
    "WRITES_IF_GIVEN",
    "Kind",
]  # fmt: skip

Kind = Literal[
    "in_place", "write", "delete", "shell", "network",
    "process", "environment", "dynamic", "install", "machinery",
]  # fmt: skip

HELPERS = frozenset(
    "llm_query llm_query_batched rlm_query rlm_query_batched SHOW_VARS FINAL FINAL_VAR".split()
)

# --- Names that are modules without an import in the block: the notebook has imported them. ---
ALIASES = {
    "np": "numpy", "pd": "pandas", "pl": "polars", "plt": "matplotlib.pyplot", "mpl": "matplotlib",
    "sns": "seaborn", "sp": "scipy", "tf": "tensorflow", "nx": "networkx",
}  # fmt: skip
MODULES = frozenset(
    """
    asyncio builtins collections csv ctypes datetime functools gc importlib io itertools json math
    marshal matplotlib multiprocessing numpy os pandas pathlib pickle polars random re shutil
    sqlite3
    subprocess sys tempfile textwrap threading time traceback typing urllib warnings
    """.split()
)
# What is behind some modules, under the names of these.
C_MODULES = {
    "posix": "os", "nt": "os", "_io": "io", "_socket": "socket", "_pickle": "pickle",
    "_ctypes": "ctypes", "_posixsubprocess": "subprocess", "_winapi": "ctypes",
}  # fmt: skip
# Names of modules that a person may as well have given to data.
PERHAPS_MODULES = frozenset(
    """
    aiohttp anthropic anywidget atexit bisect boto3 codecs comm concurrent copy dill dotenv duckdb
    ensurepip ftplib getpass glob gzip heapq http httpx inspect ipykernel ipywidgets joblib keyring
    litellm logging openai operator paramiko pip psutil pty requests rlm_magic runpy signal smtplib
    socket tarfile torch types webbrowser yaml zipfile
    """.split()
)

# --- What reaches outside as soon as it is mentioned, called or not. ---
_OUTSIDE: dict[Kind, str] = {
    "write": """
        os.rename os.renames os.replace os.mkdir os.makedirs os.link os.symlink os.truncate os.chmod
        os.chown os.mkfifo os.utime os.open os.write shutil.copy shutil.copy2 shutil.copyfile
        shutil.copyfileobj shutil.copytree shutil.move shutil.make_archive shutil.unpack_archive
        shutil.chown tempfile.NamedTemporaryFile tempfile.mkstemp tempfile.mkdtemp
        tempfile.TemporaryDirectory tempfile.TemporaryFile tempfile.mktemp
        numpy.save numpy.savez numpy.savez_compressed numpy.savetxt json.dump pickle.dump
        marshal.dump dill.dump joblib.dump cloudpickle.dump torch.save yaml.dump_all tomli_w.dump
        pathlib.Path().rename pathlib.Path().replace pathlib.Path().chmod
        zipfile.ZipFile().extractall zipfile.ZipFile().extract zipfile.ZipFile().writestr
        tarfile.open().extractall tarfile.open().extract logging.FileHandler logging.handlers.*
        matplotlib.pyplot.savefig matplotlib.pyplot.imsave pandas.ExcelWriter pandas.HDFStore
        xlsxwriter.Workbook shelve.open dbm.* fileinput.input
    """,
    "delete": "os.remove os.unlink os.rmdir os.removedirs shutil.rmtree send2trash.*",
    "shell": """
        os.system os.popen subprocess.* commands.* pty.* pexpect.* sh.* plumbum.* invoke.* fabric.*
        asyncio.create_subprocess_shell asyncio.create_subprocess_exec
        asyncio.subprocess.create_subprocess_shell asyncio.subprocess.create_subprocess_exec
    """,
    "process": """
        multiprocessing.* concurrent.futures.ProcessPoolExecutor concurrent.futures.process.*
        os.fork os.forkpty os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp
        os.execvpe os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp
        os.spawnvpe os.posix_spawn os.posix_spawnp os.startfile os.kill os.killpg os.abort os._exit
        os.chdir os.fchdir os.chroot os.setuid os.setgid os.umask os.nice
        signal.signal signal.alarm signal.setitimer signal.raise_signal signal.pthread_kill
        resource.setrlimit psutil.Process psutil.process_iter loky.* ray.* dask.distributed.*
    """,
    "network": """
        requests.get requests.post requests.put requests.patch requests.delete requests.head
        requests.request requests.options requests.Session requests.session
        httpx.* aiohttp.* urllib.request.* urllib3.* http.client.* socket.* socketserver.*
        http.server.* ftplib.* smtplib.* imaplib.* poplib.* nntplib.* telnetlib.* xmlrpc.*
        asyncio.open_connection asyncio.start_server ssl.* paramiko.* websocket.* websockets.*
        grpc.* boto3.* botocore.* google.cloud.* azure.* openai.* anthropic.* litellm.* cohere.*
        huggingface_hub.* datasets.load_dataset kaggle.* wandb.* mlflow.* yfinance.*
        selenium.* playwright.* webbrowser.* pymongo.* psycopg.* psycopg2.* pymysql.* mysql.*
        redis.*
        nltk.download torch.hub.* gensim.downloader.* wikipedia.* feedparser.* gdown.* wget.*
        sklearn.datasets.fetch_openml sklearn.datasets.fetch_20newsgroups pandas.read_gbq
        seaborn.load_dataset fsspec.* s3fs.* gcsfs.* zmq.* tweepy.* praw.* slack_sdk.*
    """,
    "environment": """
        os.environ os.environb os.getenv os.getenvb os.putenv os.unsetenv getpass.* keyring.*
        dotenv.* decouple.* netrc.* secretstorage.* pandas.read_clipboard pyperclip.*
        google.colab.userdata google.colab.auth
    """,
    "dynamic": """
        builtins.exec builtins.eval builtins.compile builtins.__import__ builtins.__build_class__
        builtins.__builtins__ builtins.__loader__ builtins.__spec__
        importlib.import_module importlib.__import__ importlib.reload
        importlib.util.spec_from_file_location importlib.util.module_from_spec
        importlib.util.spec_from_loader
        importlib.machinery.* importlib.abc.* imp.* runpy.* pkgutil.* zipimport.* code.interact
        code.InteractiveConsole code.InteractiveInterpreter codeop.* types.FunctionType
        types.CodeType
        types.MethodType sys.modules sys.meta_path sys.path_hooks sys.settrace sys.setprofile
        sys._getframe sys.addaudithook sys.excepthook sys.displayhook sys.__stdout__
        inspect.currentframe inspect.stack inspect.getclosurevars gc.get_objects gc.get_referrers
        gc.get_referents ctypes.* cffi.* pickle.load pickle.loads pickle.Unpickler dill.load
        dill.loads
        cloudpickle.load cloudpickle.loads joblib.load marshal.load marshal.loads torch.load
        pandas.read_pickle pandas.eval yaml.load yaml.unsafe_load yaml.full_load yaml.load_all
        jsonpickle.decode timeit.timeit timeit.repeat timeit.Timer atexit.* unittest.mock.*
        IPython.get_ipython IPython.core.* builtins.get_ipython numexpr.evaluate weakref.finalize
        site.* threading.settrace threading.setprofile operator.methodcaller cProfile.run
        profile.run
        doctest.* trace.Trace
    """,
    "install": "pip.* pip._internal.* ensurepip.* micropip.* conda.* setuptools.* distutils.*",
    "machinery": """
        ipywidgets.* anywidget.* ipykernel.* rlm_magic.* comm.create_comm comm.get_comm_manager
        comm.base_comm.*
    """,
}
MENTIONS: dict[str, Kind] = {p: kind for kind, paths in _OUTSIDE.items() for p in paths.split()}

# What carries a person's approval to the kernel: their import alone counts.
MACHINERY = frozenset("ipywidgets anywidget comm ipykernel rlm_magic".split())

# Modules that other modules hold as attributes, as in `shutil.os.system`.
SUFFIX_ROOTS = frozenset("os sys subprocess shutil builtins socket importlib ctypes".split())

# --- Calls that reach outside depending on their arguments. ---
# Where the mode is among the arguments of what opens a file.
MODES = {
    "builtins.open": 1, "io.open": 1, "codecs.open": 1, "gzip.open": 1, "bz2.open": 1,
    "lzma.open": 1, "gzip.GzipFile": 1, "zipfile.ZipFile": 1, "tarfile.open": 1, "h5py.File": 1,
    "os.fdopen": 1, "zarr.open": 1, "pathlib.Path().open": 0, "io.FileIO": 1,
}  # fmt: skip
# Methods, whatever they are called on.
_METHODS: dict[Kind, str] = {
    "write": """
        write_text write_bytes mkdir touch symlink_to hardlink_to savefig to_excel to_pickle
        to_feather to_hdf to_stata to_sql to_orc to_clipboard write_image write_html tofile
        save_to_disk save_pretrained to_netcdf to_zarr write_database write_delta write_excel
    """,
    "delete": "unlink rmdir rmtree",
    "network": "from_pretrained push_to_hub to_gbq urlopen urlretrieve",
    "dynamic": "run_cell run_line_magic run_cell_magic exec_module load_module",
    "shell": "getoutput create_subprocess_shell create_subprocess_exec",
}
METHODS: dict[str, Kind] = {
    name: kind for kind, names in _METHODS.items() for name in names.split()
}
# Methods that ask a server, if their first argument is a URL.
REQUESTS = frozenset("get post put patch delete head request fetch download stream open".split())
# Methods that write when they are told where, first or by one of these names.
WRITES_IF_GIVEN = frozenset(
    """
    to_csv to_json to_parquet to_string to_markdown to_html to_latex to_xml save write_csv
    write_json write_parquet write_ndjson write_ipc write_avro sink_csv sink_parquet sink_ipc
    sink_ndjson
    """.split()
)
PLACES = frozenset("path_or_buf path buf file fname filename where fp".split())
READERS = re.compile(r"(pandas|polars|geopandas)\.(read|scan)_\w+|numpy\.(loadtxt|genfromtxt|load)")
URL = re.compile(r"(https?|ftps?|s3|s3a|gs|gcs|az|abfs|hdfs|hf|sftp|ssh)://", re.IGNORECASE)
SQL_READS = re.compile(
    r"\s*+(select|explain|describe|show|values|with|pragma\s+\w+\s*+(\(|;|$))", re.I
)
SQL_WRITES = re.compile(r"\b(insert|update|delete|drop|create|alter|attach|copy|truncate)\b", re.I)
# What takes a path: a secret's place among its arguments counts.
PATHS = re.compile(
    r"builtins\.open|(io|codecs|gzip)\.open|pathlib\.(Path|PurePath|PosixPath)"
    r"|pathlib\.Path\(\)\.joinpath|os\.path\.(join|expanduser|expandvars)|os\.(open|listdir|scandir)"
    r"|os\.walk|glob\.i?glob|numpy\.loadtxt|(pandas|polars)\.read_\w+|dotenv\.\w+|json\.load"
)
SECRET = re.compile(
    r"(^|[/\\~])\.(ssh|aws|env|netrc|pypirc|npmrc|gnupg|kube|docker|git-credentials|pgpass|azure"
    r"|config|bash_history|python_history|password-store)\b|id_(rsa|ed25519|ecdsa|dsa)\b"
    r"|^/etc/(passwd|shadow)|^/proc/|credentials|\.pem$|\.key$|(^|/)secrets?\b",
    re.IGNORECASE,
)

# --- Attributes through which code gets where no name leads. ---
HIDDEN = frozenset(
    """
    __subclasses__ __globals__ __bases__ __base__ __mro__ mro __code__ __closure__ __getattribute__
    __builtins__ __import__ __loader__ __spec__ __reduce__ __reduce_ex__ __func__ __self__
    __kwdefaults__ __defaults__ f_globals f_locals f_back f_builtins gi_frame cr_frame tb_frame
    gi_code __init_subclass__ __class_getitem__ __prepare__
    """.split()
)

# --- Changes in place. ---
CHANGING = frozenset(
    """
    append appendleft extend extendleft insert_column pop popleft popitem clear update setdefault
    discard fill itemset resize put setflags rotate move_to_end intersection_update
    difference_update symmetric_difference_update drop_in_place insert replace_column fit
    partial_fit fit_transform write writelines truncate commit shuffle
    __setitem__ __delitem__ __setattr__ __delattr__ __iadd__ __isub__ __imul__ __ior__ __iand__
    __ixor__ __setstate__ __set__ __init__
    """.split()
)
# These give a new object in pandas or polars: in place only where their result is dropped.
CHANGES_IF_DROPPED = frozenset("add subtract partition remove reverse sort byteswap".split())
# A slice of what has these methods is a copy; a slice of an array is a view, and has none of them.
COPIED_BY_SLICES = frozenset("append extend insert pop remove clear".split())
CHANGING_SOUND = re.compile(
    r"(set|add|remove|update|insert|delete|del|clear|reset|push|put|append|extend|discard|swap|move"
    r"|mutate|load_state|inplace|modify|assign_to|register|unregister)(_|[A-Z]|$)"
    r"|\w+(_inplace|_in_place)$|[a-z]\w*[a-z]_$"
)
# They sound like changing and give a new object.
LEFT_ALONE = frozenset(
    """
    set_index reset_index set_axis set_flags set_categories set_names set_levels set_codes
    set_geometry set_crs set_sorted add_prefix add_suffix add_categories remove_categories
    remove_unused_categories remove_unused_levels removeprefix removesuffix insert_at
    """.split()
)
CHANGES_ARGUMENT = {
    "builtins.setattr": 0, "builtins.delattr": 0, "operator.setitem": 0, "operator.delitem": 0,
    "operator.iadd": 0, "operator.iconcat": 0, "operator.ior": 0, "heapq.heappush": 0,
    "heapq.heappop": 0, "heapq.heapify": 0, "heapq.heapreplace": 0, "heapq.heappushpop": 0,
    "bisect.insort": 0, "bisect.insort_left": 0, "bisect.insort_right": 0, "random.shuffle": 0,
    "numpy.random.shuffle": 0, "numpy.copyto": 0, "numpy.put": 0, "numpy.place": 0,
    "numpy.putmask": 0, "numpy.fill_diagonal": 0, "numpy.put_along_axis": 0, "numpy.add.at": 0,
    "numpy.subtract.at": 0, "numpy.multiply.at": 0,
}  # fmt: skip
# Called on the class, a method changes its first argument: `list.append(rows, 1)`.
CLASSES = frozenset(
    """
    builtins.list builtins.dict builtins.set builtins.bytearray builtins.object builtins.type
    collections.OrderedDict collections.Counter collections.defaultdict collections.deque
    collections.abc.MutableMapping collections.abc.MutableSequence collections.UserDict
    pandas.DataFrame pandas.Series numpy.ndarray
    """.split()
)
# Settings of a library, set by assignment.
CONFIGURATION = (
    "pandas.options",
    "matplotlib.rcParams",
    "matplotlib.pyplot.rcParams",
    "polars.Config",
)

# --- What shares state with what. ---
SCALARS = frozenset("shape size ndim dtype dtypes empty nbytes itemsize name names".split())
SHARING_METHODS = frozenset(
    """
    get values items pop popitem setdefault iterrows itertuples iter_rows to_numpy view reshape
    ravel
    squeeze transpose swapaxes diagonal __getitem__ __iter__ __enter__ __next__ pipe
    """.split()
)
SAME = frozenset(
    """
    numpy.asarray numpy.asanyarray numpy.atleast_1d numpy.atleast_2d numpy.ravel numpy.reshape
    numpy.squeeze numpy.transpose builtins.iter builtins.memoryview builtins.vars
    weakref.proxy types.MappingProxyType typing.cast contextlib.nullcontext builtins.super
    """.split()
)
ELEMENT_OF = frozenset(
    """
    builtins.next builtins.max builtins.min random.choice functools.reduce operator.getitem
    """.split()
)
# A new container with the same elements; with tuples of them; with one of the two.
CONTAINERS = frozenset(
    """
    builtins.list builtins.tuple builtins.set builtins.frozenset builtins.sorted builtins.reversed
    builtins.filter copy.copy itertools.islice itertools.cycle itertools.takewhile
    itertools.dropwhile random.sample heapq.nlargest heapq.nsmallest collections.deque
    """.split()
)
PAIRINGS = frozenset(
    """
    builtins.enumerate builtins.zip itertools.zip_longest itertools.product itertools.combinations
    itertools.permutations itertools.pairwise itertools.batched itertools.tee
    """.split()
)
MAPPINGS = frozenset(
    """
    builtins.dict builtins.map collections.OrderedDict collections.ChainMap itertools.chain
    itertools.chain.from_iterable itertools.groupby types.SimpleNamespace
    """.split()
)
ELEMENTS = {f"pathlib.Path().{name}()": "pathlib.Path()" for name in ("glob", "rglob", "iterdir")}
PATH_STEPS = frozenset(
    """
    parent joinpath with_name with_suffix with_stem absolute resolve expanduser relative_to
    """.split()
)
MASKS = frozenset(
    """
    isin isna notna isnull notnull between duplicated contains startswith endswith match fullmatch
    is_in is_null is_not_null eq ne lt le gt ge isnan isdigit
    """.split()
)

# --- IPython. ---
_MAGICS: dict[Kind | None, str] = {
    None: """
        time timeit prun memit capture matplotlib who whos who_ls pwd precision pinfo pinfo2 pdoc
        psource pfile psearch history hist lsmagic magic quickref page xmode colors tb latex
        markdown
        svg
    """,
    "shell": """
        sx system sc bash sh script cmd ls ll lf lk lx ldir cat cp mv rm mkdir rmdir less more
        man perl
        ruby python python2 python3 pypy
    """,
    "install": "pip conda mamba micromamba uv",
    "environment": "env set_env dotenv",
    "process": "cd dirs pushd popd killbgscripts bg",
    "write": "writefile file save notebook logstart store sql",
    "in_place": "reset reset_selective xdel",
}
MAGICS: dict[str, Kind | None] = {
    m: kind for kind, magics in _MAGICS.items() for m in magics.split()
}
INSTALLS = re.compile(
    r"\b(pip3?|conda|mamba|uv|apt|apt-get|brew|npm|gem|cargo|poetry)\b.*\b(install|add)\b"
)

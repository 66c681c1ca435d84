"""Common words of common topics, so that `networking` is recognised in a text about sockets."""

from rlm_magic.models.offline.words import stem, stems

__all__ = ["topic_stems"]

_TOPICS = {
    "network internet web": "socket http https url ftp smtp imap pop3 tcp udp server client"
    " request internet host email mail cgi rpc ssl tls browser cookie address protocol dns",
    "text string language": "string text unicode parse parser format regular expression regex"
    " character encode decode codec token html xml csv json markup word template unicode",
    "data structure collection container": "queue heap deque dict dictionary list set tree array"
    " mapping sequence container collection counter enum dataclass copy stack graph weak bisect",
    "concurrency concurrent parallel thread async": "thread process asyncio coroutine lock"
    " semaphore event loop future executor pool parallel multiprocessing async await task",
    "file storage io": "file path directory folder filesystem disk archive zip tar gzip compress"
    " read write stream buffer io",
    "test testing": "test unittest assert fixture mock doctest testcase",
    "math number numeric": "number integer float decimal fraction random statistics math complex",
    "time date calendar": "time date datetime calendar timezone clock hour day month year",
    "security crypto": "password hash secret encrypt decrypt key certificate ssl token permission",
    "database": "database sql sqlite query table index transaction",
    "billing payment finance": "invoice payment pay charge refund bill price card subscription"
    " money fee cost receipt",
    "technical bug error": "error crash bug fail exception broken slow timeout install freeze"
    " screen load",
    "account login": "account login password sign profile username register email locked",
    "shipping delivery": "ship shipping deliver delivery package parcel courier tracking arrive",
    "positive happy praise": "good great excellent love wonderful happy best amazing perfect nice"
    " fantastic thank recommend enjoy",
    "negative angry complaint": "bad terrible awful hate worst poor disappointed angry broken"
    " useless waste horrible slow rude refund",
    "sport": "match team goal player game score league win coach season",
    "politics": "election government minister vote parliament president party law policy",
    "science": "research study experiment scientist theory physics biology chemistry space",
    "business economy": "market company stock profit sale revenue trade bank economy investor",
    "food": "eat cook recipe restaurant meal taste bread fruit dinner kitchen",
    "health medical": "doctor patient hospital disease medicine treatment symptom health pain",
    "travel": "flight hotel trip travel airport journey ticket tourist train",
}


def topic_stems(label: str) -> frozenset[str]:
    """Stems of the words that go with the topics a label names."""
    said = set(stems(label))
    found = (words for topic, words in _TOPICS.items() if said & {stem(w) for w in topic.split()})
    return frozenset(stem(word) for words in found for word in words.split())

"""The offline model behind litellm: plain, asynchronous and streamed."""

import os
import subprocess
import sys
import warnings

import pytest

from rlm_magic.models.offline import MODEL, register, reply

# litellm builds its types on first use, and pydantic warns of one of them.
pytestmark = pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier:UserWarning")

MESSAGES = [{"role": "user", "content": "Extract the numbers from the text.\n\nText:\n7 and 8"}]


@pytest.fixture(scope="module")
def litellm():
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_MODE"] = "PRODUCTION"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm
    before = litellm.custom_provider_map
    register(litellm)
    yield litellm
    litellm.custom_provider_map = before


def test_a_completion_is_the_reply_with_its_usage(litellm):
    response = litellm.completion(model=MODEL, messages=MESSAGES)
    assert response.choices[0].message.content == "7\n8" == reply(MESSAGES)
    assert response.choices[0].finish_reason == "stop"
    assert response.usage.prompt_tokens == len(MESSAGES[0]["content"]) // 4
    assert response.usage.total_tokens == (
        response.usage.prompt_tokens + response.usage.completion_tokens
    )


async def test_an_asynchronous_completion_is_the_same(litellm):
    response = await litellm.acompletion(model=MODEL, messages=MESSAGES)
    assert response.choices[0].message.content == "7\n8"


async def test_a_stream_adds_up_to_the_reply(litellm):
    stream = await litellm.acompletion(
        model=MODEL, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "7\n8"
    usage = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)]
    assert usage[-1].prompt_tokens == len(MESSAGES[0]["content"]) // 4


def test_a_synchronous_stream_adds_up_to_the_reply(litellm):
    chunks = litellm.completion(model=MODEL, messages=MESSAGES, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "7\n8"


def test_a_long_reply_of_equal_lines_streams_whole(litellm):
    text = "Extract the names from the text.\n\nText:\n" + "\n".join(
        f"Anna B{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(300)
    )
    messages = [{"role": "user", "content": text}]
    chunks = litellm.completion(model=MODEL, messages=messages, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == reply(messages)


def test_registering_twice_adds_it_once_and_leaves_the_providers_of_others(litellm):
    theirs = {"provider": "theirs", "custom_handler": object()}
    litellm.custom_provider_map = [theirs, *litellm.custom_provider_map]
    register(litellm)
    providers = [entry["provider"] for entry in litellm.custom_provider_map]
    assert providers == ["theirs", "offline"]
    litellm.custom_provider_map.remove(theirs)


def test_importing_the_model_does_not_import_litellm():
    code = "import sys, rlm_magic.models.offline; sys.exit('litellm' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("stream", [False, True])
async def test_another_name_of_the_provider_is_refused_in_a_sentence(litellm, stream):
    wanted = "There is no offline/dmo: the offline model is called offline/demo."
    with pytest.raises(litellm.BadRequestError, match=wanted):
        async for _ in await litellm.acompletion(
            model="offline/dmo", messages=MESSAGES, stream=stream
        ):
            pass

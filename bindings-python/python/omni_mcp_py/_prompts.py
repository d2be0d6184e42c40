"""The prompts of a server, and what it suggests for their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py._calls import AsyncCalls, Calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from typing_extensions import Unpack

    from omni_mcp_py._calls import _AsyncOnProgress, _OnProgress
    from omni_mcp_py._options import CallOptions
    from omni_mcp_py._types import WithMetadata
    from omni_mcp_py.types import (
        CompleteResult,
        CompletionArgument,
        CompletionContext,
        CompletionReference,
        GetPromptResult,
        ListPromptsResult,
        Prompt,
    )


class Prompts(Calls):
    """The prompts of a server, and what it suggests for their arguments."""

    @overload
    def list_prompts(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListPromptsResult: ...

    @overload
    def list_prompts(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListPromptsResult]: ...

    def list_prompts(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all prompts, over all pages."""
        return self._call("list_prompts", {}, options, on_progress, with_metadata)

    @overload
    def list_prompts_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListPromptsResult: ...

    @overload
    def list_prompts_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListPromptsResult]: ...

    def list_prompts_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of prompts: the first, or the one of a cursor."""
        return self._call(
            "list_prompts_page", {} if cursor is None else {"cursor": cursor}, options, on_progress, with_metadata
        )

    def iter_prompts(self, **options: Unpack[CallOptions]) -> Iterator[Prompt]:
        """Return all prompts, one by one; pages are fetched as they are needed."""
        return self._items("iter_prompts", "prompts", options)

    @overload
    def get_prompt(
        self,
        name: str,
        arguments: dict[str, str] | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> GetPromptResult: ...

    @overload
    def get_prompt(
        self,
        name: str,
        arguments: dict[str, str] | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[GetPromptResult]: ...

    def get_prompt(
        self,
        name: str,
        arguments: dict[str, str] | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Get a prompt, filled in with arguments."""
        return self._call(
            "get_prompt",
            {"name": name, "arguments": {} if arguments is None else arguments},
            options,
            on_progress,
            with_metadata,
        )

    @overload
    def complete(
        self,
        ref: CompletionReference,
        argument: CompletionArgument,
        context: CompletionContext | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> CompleteResult: ...

    @overload
    def complete(
        self,
        ref: CompletionReference,
        argument: CompletionArgument,
        context: CompletionContext | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[CompleteResult]: ...

    def complete(
        self,
        ref: CompletionReference,
        argument: CompletionArgument,
        context: CompletionContext | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Suggest values for an argument of a prompt or a template: `ref` names it, `argument` has what there is of it.

        `context` holds the arguments that are settled already.
        """
        return self._call(
            "complete",
            {"ref": ref, "argument": argument} | ({} if context is None else {"context": context}),
            options,
            on_progress,
            with_metadata,
        )


class AsyncPrompts(AsyncCalls):
    """The prompts of a server, and what it suggests for their arguments."""

    @overload
    async def list_prompts(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListPromptsResult: ...

    @overload
    async def list_prompts(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListPromptsResult]: ...

    async def list_prompts(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all prompts, over all pages."""
        return await self._call("list_prompts", {}, options, on_progress, with_metadata)

    @overload
    async def list_prompts_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListPromptsResult: ...

    @overload
    async def list_prompts_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListPromptsResult]: ...

    async def list_prompts_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of prompts: the first, or the one of a cursor."""
        return await self._call(
            "list_prompts_page", {} if cursor is None else {"cursor": cursor}, options, on_progress, with_metadata
        )

    def iter_prompts(self, **options: Unpack[CallOptions]) -> AsyncIterator[Prompt]:
        """Return all prompts, one by one; pages are fetched as they are needed."""
        return self._items("iter_prompts", "prompts", options)

    @overload
    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, str] | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> GetPromptResult: ...

    @overload
    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, str] | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[GetPromptResult]: ...

    async def get_prompt(
        self,
        name: str,
        arguments: dict[str, str] | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Get a prompt, filled in with arguments."""
        return await self._call(
            "get_prompt",
            {"name": name, "arguments": {} if arguments is None else arguments},
            options,
            on_progress,
            with_metadata,
        )

    @overload
    async def complete(
        self,
        ref: CompletionReference,
        argument: CompletionArgument,
        context: CompletionContext | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> CompleteResult: ...

    @overload
    async def complete(
        self,
        ref: CompletionReference,
        argument: CompletionArgument,
        context: CompletionContext | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[CompleteResult]: ...

    async def complete(
        self,
        ref: CompletionReference,
        argument: CompletionArgument,
        context: CompletionContext | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Suggest values for an argument of a prompt or a template: `ref` names it, `argument` has what there is of it.

        `context` holds the arguments that are settled already.
        """
        return await self._call(
            "complete",
            {"ref": ref, "argument": argument} | ({} if context is None else {"context": context}),
            options,
            on_progress,
            with_metadata,
        )

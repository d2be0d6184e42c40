"""What the schemas lack: names of inline objects, missing descriptions, and definitions that are left out."""

from __future__ import annotations

import re

# Names of objects, unions and enumerations that are defined inline. Others are called `ParentMember`.
NESTED = {
    "ClientCapabilities.elicitation": "ElicitationCapability",
    "ClientCapabilities.roots": "RootsCapability",
    "ClientCapabilities.sampling": "SamplingCapability",
    "ClientCapabilities.tasks": "ClientTasksCapability",
    "CompleteRequestParams.argument": "CompletionArgument",
    "CompleteRequestParams.context": "CompletionContext",
    "CompleteRequestParams.ref": "CompletionReference",
    "CompleteResult.completion": "Completion",
    "CreateMessageRequestParams.includeContext": "IncludeContext",
    "ElicitRequestFormParams.requestedSchema": "RequestedSchema",
    "ElicitResult.action": "ElicitAction",
    "ElicitResult.content.value": "ElicitValue",
    "ServerCapabilities.prompts": "PromptsCapability",
    "ServerCapabilities.resources": "ResourcesCapability",
    "ServerCapabilities.tasks": "ServerTasksCapability",
    "ServerCapabilities.tools": "ToolsCapability",
    "StringSchema.format": "StringFormat",
    "TitledMultiSelectEnumSchema.items": "TitledMultiSelectItems",
    "TitledMultiSelectItems.anyOf.item": "TitledOption",
    "TitledSingleSelectEnumSchema.oneOf.item": "TitledOption",
    "ToolExecution.taskSupport": "TaskSupport",
    "UntitledMultiSelectEnumSchema.items": "UntitledMultiSelectItems",
}
# Names of objects that are defined inline in several places.
SHARED = {
    "CreateMessageResult.content": "SamplingContent",
    "SamplingMessage.content": "SamplingContent",
    "EmbeddedResource.resource": "AnyResourceContents",
    "ReadResourceResult.contents.item": "AnyResourceContents",
}
SHARED_MEMBERS = {"cacheScope": "CacheScope"}

# Names that mean something else in one of the languages or in this project.
RENAMED = {"Result": "EmptyResult", "Error": "ErrorObject"}

# Shorter names for what programs use most.
ALSO = {"Progress": ("ProgressNotificationParams", "How far a call is.")}

# Envelopes, bases that only the published source needs, and unions of requests and results.
_LEFT_OUT = re.compile(
    r"JSON(RPC\w+|Value|Array|Object)|\w+Response|(Client|Server)(Request|Result)|ClientNotification|EmptyResult"
    r"|Request|Notification|PaginatedRequest|PaginatedResult|CacheableResult|BaseMetadata|Icons|ResourceContents"
    r"|(Parse|Internal|InvalidParams|InvalidRequest|MethodNotFound|HeaderMismatch)Error"
)
# The requests in an InputRequiredResult; of others, the parameters are enough.
_REQUESTS = ("CreateMessageRequest", "ElicitRequest", "ListRootsRequest")


def left_out(name: str) -> bool:
    """Whether a definition has no type; inline definitions in it may have one."""
    if name in ("InputResponse", *_REQUESTS, "InputRequest"):
        return False
    return bool(_LEFT_OUT.fullmatch(name)) or name.endswith("Request")


# Members of requests and notifications that the envelope has.
ENVELOPE = ("jsonrpc", "id")

# Distinguishes the definition from another one of the same shape.
REQUIRED = {("LegacyTitledEnumSchema", "enumNames")}

# Hints, and a mark whose absence has a meaning: a result is valid without them.
OPTIONAL = ("resultType", "ttlMs", "cacheScope")
MARKED = "InputRequiredResult"

# A schema of any sort, which is a value for all of our types.
JSON_SCHEMAS = {("Tool", "inputSchema"), ("Tool", "outputSchema")}

# Unions are tried in order: the types with more required members first.
ORDER = (
    "TitledSingleSelectEnumSchema",
    "LegacyTitledEnumSchema",
    "UntitledSingleSelectEnumSchema",
    "SingleSelectEnumSchema",
    "TitledMultiSelectEnumSchema",
    "UntitledMultiSelectEnumSchema",
    "MultiSelectEnumSchema",
    "StringSchema",
)

# Descriptions that replace those of the schemas, by a part of the text.
REPLACED_DOCS = {
    "Intended for programmatic or logical use": "The name for programs.",
    "Intended for UI and end-user contexts": "The name for people.",
    "See [": "Metadata of the protocol and of its extensions.",
    "A hint from the server indicating how long": "How long the result may be kept, in milliseconds; a hint.",
    "informing it that a resource has changed": "A resource has changed.",
    "A request to include context from one or more": "A request to include context from one or more servers.",
    "An InputRequiredResult sent by": "The server needs input before the request can be completed.",
    "the structure of the tool's output": "A JSON Schema of `structuredContent`.",
    "informing it of a completion": "An elicitation by URL is complete.",
    "informing it that the list of prompts": "The list of prompts has changed.",
    "informing it that the list of resources": "The list of resources has changed.",
    "informing it that the list of tools": "The list of tools has changed.",
    "Identifies the subscription stream this response closes": "The subscription that this response closes.",
    "the caller is requesting out-of-band": "Asks for progress notifications, which will carry this token.",
    "If true, calling the tool repeatedly": "If true, further calls with the same arguments have no additional effect.",
    "Indicates the intended scope of the cached response": "Who may share the result where it is kept.",
    "the type of the result, which": "`complete` (as where there is none) or `input_required`.",
    "there are additional completion options": "Whether there are further values, even if their number is unknown.",
    "Represents the contents of a `_meta` field": "The contents of a `_meta` member: metadata by name.",
    "Sent by the server to acknowledge": "A subscription has been established.",
    "This notification is sent by the client to indicate": "A request is cancelled by its sender.",
    "This notification is sent from the client to the server after": "Initialization has finished.",
    "The progress token which was given in": "The token that was given in the request.",
    "The response to a {@link SubscriptionsListenRequest": "The end of a subscription.",
}

# Descriptions that the schemas lack, of a definition or of a member (of any definition, or of one).
DOCS = {
    "AnyResourceContents": "Contents of a resource: text, or bytes as base64.",
    "BlobResourceContents": "Bytes of a resource, as base64.",
    "BooleanSchema": "A field of a form that is true or false.",
    "CacheScope": "Who may share a cached result.",
    "Completion": "The values that complete an argument.",
    "CompletionArgument": "The argument to complete.",
    "CompletionContext": "The arguments that are already complete.",
    "CompletionReference": "The prompt or resource template that the argument belongs to.",
    "ContentBlock": "Text, an image or another item of a message or result.",
    "ElicitAction": "The action of the user.",
    "ElicitRequestParams": "The parameters of a request for the user's input.",
    "ElicitValue": "A value that the user entered.",
    "EnumSchema": "A field of a form with values to choose from.",
    "ElicitationCompleteNotificationParams": "Parameters for a `notifications/elicitation/complete` notification.",
    "ErrorObject": "An error of JSON-RPC.",
    "IncludeContext": "Which servers' context to include.",
    "InputRequest": "A request of the server for input.",
    "InputResponse": "The response to a request for input.",
    "InputResponseRequestParams": "Parameters of a request with responses to requests for input.",
    "MissingRequiredClientCapabilityErrorData": "The capabilities that the client lacks.",
    "MultiSelectEnumSchema": "A field of a form with several values to choose.",
    "NumberSchema": "A field of a form that is a number.",
    "NumberSchemaType": "Whether fractions are allowed.",
    "PrimitiveSchemaDefinition": "A field of a form.",
    "RequestedSchema": "The fields of a form.",
    "SamplingContent": "One content block or several.",
    "SamplingMessageContentBlock": "An item of a message to or from a model.",
    "ServerNotification": "A notification of a server.",
    "SingleSelectEnumSchema": "A field of a form with one value to choose.",
    "StringFormat": "The format of the text.",
    "StringSchema": "A field of a form that is text.",
    "TextResourceContents": "Text of a resource.",
    "TitledMultiSelectItems": "The values to choose from.",
    "TitledOption": "A value and its title.",
    "UntitledMultiSelectItems": "The values to choose from.",
    "URLElicitationRequiredErrorData": "The elicitations that must be completed first.",
    "UnsupportedProtocolVersionErrorData": "The requested version, and the supported ones.",
    ".$schema": "The dialect of the schema.",
    ".argument": "The argument to complete.",
    ".capabilities": "The capabilities of the sender.",
    ".clientInfo": "Name and version of the client.",
    ".completion": "The completion.",
    ".content": "The content.",
    ".contents": "The contents.",
    ".default": "The value that the field begins with.",
    ".description": "The description, for people.",
    ".elicitations": "The elicitations to complete first.",
    ".enum": "The values to choose from.",
    ".form": "Whether forms can be shown.",
    ".format": "The format of the text.",
    ".inputRequests": "The requests for input, by names that the server chooses.",
    ".inputResponses": "The responses to requests for input, by the same names.",
    ".items": "The values to choose from.",
    ".maxLength": "The most characters.",
    ".maximum": "The largest value.",
    ".message": "The message.",
    ".messages": "The messages.",
    ".method": "The method.",
    ".minLength": "The fewest characters.",
    ".minimum": "The smallest value.",
    ".mode": "The mode of the request.",
    ".params": "The parameters.",
    ".prompts": "The prompts.",
    ".properties": "The fields by name.",
    ".ref": "The prompt or resource template that the argument belongs to.",
    ".requestState": "The server's own state, to be sent back as it is.",
    ".required": "The names of the fields that must be filled in.",
    ".resource": "The resource.",
    ".resourceTemplates": "The templates.",
    ".resources": "The resources.",
    ".role": "The role of the sender.",
    ".roots": "The roots.",
    ".serverInfo": "Name and version of the server.",
    ".stopSequences": "Texts at which to stop.",
    ".task": "The task.",
    ".tasks": "The tasks.",
    ".temperature": "The sampling temperature.",
    ".title": "The title, for people.",
    ".tools": "The tools.",
    ".type": "The type of the object.",
    ".url": "Whether URLs can be opened.",
    "._meta": "Metadata of the protocol and of its extensions.",
}

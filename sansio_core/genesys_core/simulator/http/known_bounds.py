"""Property bounds that the platform documents, but the bundled definition lacks.

Invariants: the numbers are from descriptions in definition 269.0.0 and have been reviewed
individually; the table has only writable properties. Bounds that depend on something else (the
channel, the unit, the organization) are omitted.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from genesys_core.simulator.state.definition import Bounds

__all__ = ["KNOWN_BOUNDS", "KNOWN_COUNTS"]

_Kind: TypeAlias = Literal["items", "length", "value"]

_STATED: Final[Mapping[tuple[_Kind, float | None, float | None], str]] = {
    ("items", None, 1): """
        FacebookId.ids InstagramId.ids LineId.ids
    """,
    ("items", None, 10): """
        CaseCreate.intake CaseplanCreate.intakeSettings DictionaryFeedback.soundsLike
        DocumentQueryClause.predicates ExternalContact.appleOpaqueIds
        ExternalContact.externalIds ExternalOrganization.externalIds
    """,
    ("items", None, 15): """
        BulkAddDecisionTableRowsRequest.rows BulkUpdateDecisionTableRowsRequest.rows
    """,
    ("items", None, 20): """
        DictionaryFeedback.examplePhrases DocumentQuery.clauses WorkitemCreate.scoredAgents
        WorkitemUpdate.scoredAgents WorktypeCreate.defaultSkillIds
        WorktypeUpdate.defaultSkillIds
    """,
    ("items", None, 24): """
        WorkitemStatusCreate.destinationStatusIds WorkitemStatusUpdate.destinationStatusIds
    """,
    ("items", None, 25): """
        CreateRoomRequest.userIds
    """,
    ("items", None, 49): """
        BulkDeleteDecisionTableRowsRequest.rowIds
    """,
    ("items", None, 50): """
        BotConnectorBotVersion.intents BotList.chatBots ContactSearchRequest.divisionIds
        GroupMembersUpdate.memberIds ResponseAssetBulkRequest.assetIds
        ScimUserExtensions.routingLanguages ScimUserExtensions.routingSkills
    """,
    ("items", None, 100): """
        AssistantQueueUsersBulkAddRequest.entities AssistantQueueUsersBulkRemoveRequest.entities
        AssistantQueueUsersQueryRequest.entities
        BatchDownloadJobSubmission.batchDownloadRequestList ContactSimpleSearch.ids
        CopilotRule.actions CopilotRule.conditions
        DevelopmentActivityAggregateQueryRequestFilter.clauses
        ExternalMetricDataWriteRequest.items HistoricalImportDeleteFilesJobRequest.requestIds
        LearningAssignmentAggregateQueryRequestFilter.clauses
    """,
    ("items", 1, 5): """
        WorkitemQueryJobQueryFiltersCriteria.predicates
    """,
    ("items", 1, 25): """
        ContactEnrichRequest.matchingIdentifiers
    """,
    ("items", 2, 25): """
        MergeContactsRequest.contactIds
    """,
    ("length", None, 25): """
        ContactAddress.countryCode ContactAddress.postalCode
    """,
    ("length", None, 50): """
        ContactAddress.state LearningModuleRequest.externalId
    """,
    ("length", None, 64): """
        CaseCreate.externalId CaseExternalIdUpdate.externalId
    """,
    ("length", None, 100): """
        BotConnectorBotVersion.version BotIntent.name BotSlot.name ContactAddress.city
        CreateRecognition.title CreateVerifierRequest.name FacebookId.displayName
        InstagramId.displayName InstagramId.handle LineId.displayName UpdateVerifierRequest.name
        WhatsAppId.displayName
    """,
    ("length", None, 162): """
        CreateScheduledTriggerRequest.name UpdateScheduledTriggerRequest.name
    """,
    ("length", None, 200): """
        ContactAddress.address1 ContactAddress.address2 ExternalSource.name
        RollbackDecisionTableVersionRequest.rollbackReason
    """,
    ("length", None, 255): """
        AppleOpaqueId.value ContactIdentifier.value ExternalId.value
        ExternalOrganizationIdentifier.value FacebookScopedId.scopedId
        InstagramScopedId.scopedId LineUserId.userId TwitterId.id TwitterId.name
        TwitterId.screenName
    """,
    ("length", None, 256): """
        BotConnectorBot.description ExternalContact.otherEmail ExternalContact.personalEmail
        ExternalContact.workEmail PostActionInput.category PostActionInput.name
        UpdateActionInput.category UpdateActionInput.name UpdateDraftInput.category
        UpdateDraftInput.name
    """,
    ("length", None, 400): """
        LinkConfiguration.uriTemplate
    """,
    ("length", None, 500): """
        Annotation.description
    """,
    ("length", None, 512): """
        CaseCreate.description CaseDescriptionUpdate.description CaseplanCreate.description
        CaseplanUpdate.description CreateScheduledTriggerRequest.description
        CreateTriggerRequest.description PhoneNumber.display StageplanCreate.description
        StageplanUpdate.description StepplanUpdate.description
        UpdateScheduledTriggerRequest.description UpdateTriggerRequest.description
        WorkbinCreate.description WorkbinUpdate.description WorkitemCommonCreate.description
        WorkitemCreate.description WorkitemStatusCreate.description
        WorkitemStatusUpdate.description WorkitemUpdate.description WorktypeCreate.description
        WorktypeUpdate.description
    """,
    ("length", None, 800): """
        CreateRecognition.note
    """,
    ("length", None, 1000): """
        ExternalContact.externalSystemUrl ExternalContact.firstName ExternalContact.lastName
        ExternalContact.middleName ExternalContact.salutation ExternalContact.title
        ExternalOrganization.name
    """,
    ("length", None, 2000): """
        AdditionalSocialMediaMessage.textBody KnowledgeDocumentFeedback.comment
        KnowledgeGuestDocumentFeedback.comment
    """,
    ("length", None, 4096): """
        CommentCreate.content
    """,
    ("length", 3, 256): """
        CaseplanCreate.name CaseplanUpdate.name StageplanCreate.name StageplanUpdate.name
        StepplanUpdate.name WorkbinCreate.name WorkbinUpdate.name WorkitemCommonCreate.name
        WorkitemCreate.name WorkitemStatusCreate.name WorkitemStatusUpdate.name
        WorkitemUpdate.name WorktypeCreate.name WorktypeUpdate.name
    """,
    ("length", 3, 512): """
        CaseCreate.summary CaseSummaryUpdate.summary
    """,
    ("value", None, 25): """
        DashboardConfigurationQueryRequest.pageSize GetAlertQuery.pageSize
        GetRulesQuery.pageSize
    """,
    ("value", None, 100): """
        ResponseAssetSearchRequest.pageSize
    """,
    ("value", None, 200): """
        CaseplanQueryRequest.pageSize WorkbinQueryRequest.pageSize
        WorkitemQueryPostRequest.pageSize WorktypeQueryRequest.pageSize
    """,
    ("value", None, 500): """
        ResponseQueryRequest.pageSize
    """,
    ("value", -25000000, 25000000): """
        WorkitemCommonCreate.priority WorkitemCreate.priority WorkitemUpdate.priority
        WorktypeCreate.defaultPriority WorktypeUpdate.defaultPriority
    """,
    ("value", 0, None): """
        ContestMetrics.minimumQualifier
    """,
    ("value", 0, 1): """
        KnowledgeDocumentChunkRequest.confidenceThreshold
        KnowledgeDocumentSearchRequest.confidenceThreshold OutboundSettings.maxLineUtilization
        OutcomeQuantileCondition.fallbackQuantileThreshold
        OutcomeQuantileCondition.maxQuantileThreshold OutgoingMessageRequest.confidence
        TextBotTranscript.confidence
    """,
    ("value", 0, 5): """
        CreateMetric.precision DynamicGroupLanguageSkillCondition.proficiency
        DynamicGroupRoutingSkillCondition.proficiency SkillGroupLanguageCondition.proficiency
        SkillGroupRoutingCondition.proficiency
    """,
    ("value", 0, 100): """
        PredictorWorkloadBalancing.maximumOccupancy PredictorWorkloadBalancing.minimumOccupancy
    """,
    ("value", 0, 9999): """
        WorkPlanBidRanks.workPlanBiddingPerformance
    """,
    ("value", 1, None): """
        AgentScheduleBiddingPreferencePriority.priority
    """,
    ("value", 1, 5): """
        KnowledgeDocumentGuestSearchRequest.answerHighlightTopResults
        KnowledgeDocumentSearchRequest.answerHighlightTopResults
    """,
    ("value", 1, 10): """
        DictionaryFeedback.boostValue
    """,
    ("value", 1, 168): """
        AgentOwnedRouting.maxOwnedCallbackHours
    """,
    ("value", 1, 720): """
        AgentOwnedRouting.maxOwnedCallbackDelayHours
    """,
    ("value", 1, 31536000): """
        CaseplanCreate.defaultDueDurationInSeconds CaseplanUpdate.defaultDueDurationInSeconds
    """,
    ("value", 6, 12): """
        CreateVerifierRequest.digits
    """,
    ("value", 10, 64): """
        CreateVerifierRequest.secretSize
    """,
    ("value", 12, 900): """
        CreatePredictorRequest.routingTimeoutSeconds PatchPredictorRequest.routingTimeoutSeconds
    """,
    ("value", 60, 900): """
        CreateTriggerRequest.delayBySeconds UpdateTriggerRequest.delayBySeconds
    """,
    ("value", 60, 864000): """
        AgentDirectRoutingBackupSettings.agentWaitSeconds DirectRouting.agentWaitSeconds
    """,
    ("value", 86400, 31536000): """
        CaseplanCreate.defaultTtlSeconds CaseplanUpdate.defaultTtlSeconds
    """,
}
"""The properties with each bound, as ``Model.property``, separated by whitespace. A bound is a kind
(number of items, length of a string, or value of a number), a minimum and a maximum."""


def _entries() -> Iterator[tuple[tuple[str, str], Bounds]]:
    for (kind, least, most), names in _STATED.items():
        for each in names.split():
            model, _, name = each.partition(".")
            yield (model, name), _bounds(kind, least, most)


def _bounds(kind: _Kind, least: float | None, most: float | None) -> Bounds:
    if kind == "value":
        return Bounds(minimum=least, maximum=most)
    lowest, highest = (None if each is None else int(each) for each in (least, most))
    if kind == "length":
        return Bounds(min_length=lowest, max_length=highest)
    return Bounds(min_items=lowest, max_items=highest)


KNOWN_BOUNDS: Final[Mapping[tuple[str, str], Bounds]] = dict(_entries())
"""The bounds of each property, by the names of the model and the property."""

KNOWN_COUNTS: Final[Mapping[str, int]] = {
    "patch_user_routinglanguages_bulk": 50,
    "patch_user_routingskills_bulk": 50,
    "patch_users_bulk": 50,
    "post_conversations_message_messages_bulk": 1_000,
    "post_outbound_contactlist_contacts": 1_000,
    "post_routing_queue_wrapupcodes": 100,
    "put_user_routingskills_bulk": 50,
}
"""The maximum number of items in a body that is a list, by method name. The limit for contacts is a
guess."""

"""Table of contents: the models of every slice, under one app label."""

from capacity.alarms.models import Alarm
from capacity.allocation.models import Simulation
from capacity.deliveries.models import Delivery
from capacity.levers.campaign_models import CampaignCap, CampaignMove, OfferCampaign
from capacity.levers.models import (
    Lever,
    LeverMeasurement,
    LeverMove,
    LeverStep,
    LiftProposal,
    StepPromise,
)
from capacity.notices.models import Notice, NoticeMove, ResourceContact
from capacity.pools.models import LedgerEntry, Pool, Resource, SupplyChange
from capacity.regions.models import ConditionDeclaration, Datacenter, Region
from capacity.regions.threshold_models import ConditionThreshold, RegionStanding, ThresholdProposal, ThresholdSet
from capacity.requests.models import (
    CapacityRequest,
    Decision,
    Grant,
    Ranking,
    RequestLine,
    RequestMove,
    RequestRegion,
)
from capacity.response.models import (
    LinkedCondition,
    LinkedLever,
    LinkedLiaison,
    LinkedNotice,
    PlanItem,
    PlanMove,
    PlanPhase,
    ResponsePlan,
)
from capacity.review.models import Lease
from capacity.staffing.models import CrewRequirement, DatacenterStatus, ShiftReminder, ShiftReport, StateConfirmation
from capacity.staffing.planning_models import CrewPapers, RosterEntry
from capacity.staffing.risk_models import RiskDay, RiskSeries
from capacity.usage.models import (
    DroppedMonth,
    UsageBatch,
    UsageCorrection,
    UsageDay,
    UsageForecast,
    UsageHour,
    UsageRetention,
    UsageSample,
)

__all__ = [
    "Alarm",
    "CampaignCap",
    "CampaignMove",
    "CapacityRequest",
    "ConditionDeclaration",
    "ConditionThreshold",
    "CrewPapers",
    "CrewRequirement",
    "Datacenter",
    "DatacenterStatus",
    "Decision",
    "Delivery",
    "DroppedMonth",
    "Grant",
    "Lease",
    "LedgerEntry",
    "Lever",
    "LeverMeasurement",
    "LeverMove",
    "LeverStep",
    "LiftProposal",
    "LinkedCondition",
    "LinkedLever",
    "LinkedLiaison",
    "LinkedNotice",
    "Notice",
    "NoticeMove",
    "OfferCampaign",
    "PlanItem",
    "PlanMove",
    "PlanPhase",
    "Pool",
    "Ranking",
    "Region",
    "RegionStanding",
    "RequestLine",
    "RequestMove",
    "RequestRegion",
    "Resource",
    "ResourceContact",
    "ResponsePlan",
    "RiskDay",
    "RiskSeries",
    "RosterEntry",
    "ShiftReminder",
    "ShiftReport",
    "Simulation",
    "StateConfirmation",
    "StepPromise",
    "SupplyChange",
    "ThresholdProposal",
    "ThresholdSet",
    "UsageBatch",
    "UsageCorrection",
    "UsageDay",
    "UsageForecast",
    "UsageHour",
    "UsageRetention",
    "UsageSample",
]

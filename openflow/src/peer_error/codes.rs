//! The code tables of OFPT_ERROR, one enum per error type of OpenFlow 1.3 and per extension.

/// Makes the enum of one error type: a named variant per code, and `Other` for what no table knows.
macro_rules! error_codes {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident { $( $variant:ident = $code:literal $wire:literal $meaning:literal; )+ }
    )+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $(
                #[doc = concat!("`", $wire, "` (", stringify!($code), "): ", $meaning, ".")]
                $variant,
            )+
            /// A code this table does not know; kept as it came.
            Other(u16),
        }

        impl $name {
            /// Every code that has a name, in the order of its number.
            pub const ALL: &[$name] = &[$( $name::$variant ),+];

            /// The number on the wire.
            pub const fn code(self) -> u16 {
                match self {
                    $( $name::$variant => $code, )+
                    $name::Other(code) => code,
                }
            }

            /// The code with this number; `Other` where it has no name.
            pub const fn from_code(code: u16) -> Self {
                match code {
                    $( $code => $name::$variant, )+
                    other => $name::Other(other),
                }
            }

            /// The name that the specification, or Open vSwitch, gives the code.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $( $name::$variant => Some($wire), )+
                    $name::Other(_) => None,
                }
            }

            /// What the code means, in a few words.
            pub const fn meaning(self) -> Option<&'static str> {
                match self {
                    $( $name::$variant => Some($meaning), )+
                    $name::Other(_) => None,
                }
            }
        }
    )+ };
}

error_codes! {
    /// Codes of OFPET_HELLO_FAILED (type 0).
    HelloFailed {
        Incompatible = 0 "OFPHFC_INCOMPATIBLE" "no OpenFlow version in common";
        NotPermitted = 1 "OFPHFC_EPERM" "not permitted";
    }

    /// Codes of OFPET_BAD_REQUEST (type 1).
    BadRequest {
        BadVersion = 0 "OFPBRC_BAD_VERSION" "version of the header not supported";
        BadType = 1 "OFPBRC_BAD_TYPE" "message type not supported";
        BadMultipart = 2 "OFPBRC_BAD_MULTIPART" "multipart type not supported";
        BadExperimenter = 3 "OFPBRC_BAD_EXPERIMENTER" "experimenter not supported";
        BadExperimenterType = 4 "OFPBRC_BAD_EXP_TYPE" "experimenter's message type not supported";
        NotPermitted = 5 "OFPBRC_EPERM" "not permitted";
        BadLength = 6 "OFPBRC_BAD_LEN" "length does not fit the message type";
        BufferEmpty = 7 "OFPBRC_BUFFER_EMPTY" "buffer has been used already";
        BufferUnknown = 8 "OFPBRC_BUFFER_UNKNOWN" "no such buffer";
        BadTable = 9 "OFPBRC_BAD_TABLE_ID" "no such table";
        IsSecondary = 10 "OFPBRC_IS_SECONDARY" "a secondary controller may only read";
        BadPort = 11 "OFPBRC_BAD_PORT" "port missing or invalid";
        BadPacket = 12 "OFPBRC_BAD_PACKET" "packet of the packet-out is invalid";
        MultipartOverflow = 13 "OFPBRC_MULTIPART_BUFFER_OVERFLOW" "multipart request larger than the switch's buffer";
    }

    /// Codes of OFPET_BAD_ACTION (type 2).
    BadAction {
        BadType = 0 "OFPBAC_BAD_TYPE" "action type unknown or not supported";
        BadLength = 1 "OFPBAC_BAD_LEN" "length of an action is wrong";
        BadExperimenter = 2 "OFPBAC_BAD_EXPERIMENTER" "experimenter of the action not known";
        BadExperimenterType = 3 "OFPBAC_BAD_EXP_TYPE" "experimenter's action type not known";
        BadOutPort = 4 "OFPBAC_BAD_OUT_PORT" "output port is not valid";
        BadArgument = 5 "OFPBAC_BAD_ARGUMENT" "argument of an action is wrong";
        NotPermitted = 6 "OFPBAC_EPERM" "not permitted";
        TooMany = 7 "OFPBAC_TOO_MANY" "more actions than the switch takes";
        BadQueue = 8 "OFPBAC_BAD_QUEUE" "output queue is not valid";
        BadOutGroup = 9 "OFPBAC_BAD_OUT_GROUP" "no such group to send to";
        MatchInconsistent = 10 "OFPBAC_MATCH_INCONSISTENT" "action does not go with this match: a prerequisite is missing";
        UnsupportedOrder = 11 "OFPBAC_UNSUPPORTED_ORDER" "actions cannot be applied in this order";
        BadTag = 12 "OFPBAC_BAD_TAG" "tag or encapsulation not supported";
        BadSetType = 13 "OFPBAC_BAD_SET_TYPE" "field to set unknown or not supported";
        BadSetLength = 14 "OFPBAC_BAD_SET_LEN" "length of the field to set is wrong, or past its end";
        BadSetArgument = 15 "OFPBAC_BAD_SET_ARGUMENT" "value of the field to set is wrong, or the field is read-only";
    }

    /// Codes of OFPET_BAD_INSTRUCTION (type 3).
    BadInstruction {
        Unknown = 0 "OFPBIC_UNKNOWN_INST" "instruction not known";
        Unsupported = 1 "OFPBIC_UNSUP_INST" "switch or table does not support the instruction";
        BadTable = 2 "OFPBIC_BAD_TABLE_ID" "table to go to is not valid";
        UnsupportedMetadata = 3 "OFPBIC_UNSUP_METADATA" "metadata value not supported";
        UnsupportedMetadataMask = 4 "OFPBIC_UNSUP_METADATA_MASK" "metadata mask not supported";
        BadExperimenter = 5 "OFPBIC_BAD_EXPERIMENTER" "experimenter of the instruction not known";
        BadExperimenterType = 6 "OFPBIC_BAD_EXP_TYPE" "experimenter's instruction not known";
        BadLength = 7 "OFPBIC_BAD_LEN" "length of an instruction is wrong";
        NotPermitted = 8 "OFPBIC_EPERM" "not permitted";
    }

    /// Codes of OFPET_BAD_MATCH (type 4).
    BadMatch {
        BadType = 0 "OFPBMC_BAD_TYPE" "match type not supported";
        BadLength = 1 "OFPBMC_BAD_LEN" "length of the match is wrong";
        BadTag = 2 "OFPBMC_BAD_TAG" "tag or encapsulation not supported";
        BadDatalinkMask = 3 "OFPBMC_BAD_DL_ADDR_MASK" "MAC address mask not supported";
        BadNetworkMask = 4 "OFPBMC_BAD_NW_ADDR_MASK" "network address mask not supported";
        BadWildcards = 5 "OFPBMC_BAD_WILDCARDS" "combination of fields left out not supported";
        BadField = 6 "OFPBMC_BAD_FIELD" "field not supported";
        BadValue = 7 "OFPBMC_BAD_VALUE" "value of a field not supported";
        BadMask = 8 "OFPBMC_BAD_MASK" "mask of a field not supported";
        BadPrerequisite = 9 "OFPBMC_BAD_PREREQ" "a prerequisite of a field is missing";
        DuplicateField = 10 "OFPBMC_DUP_FIELD" "a field is there twice";
        NotPermitted = 11 "OFPBMC_EPERM" "not permitted";
    }

    /// Codes of OFPET_FLOW_MOD_FAILED (type 5).
    FlowModFailed {
        Unknown = 0 "OFPFMFC_UNKNOWN" "not said why";
        TableFull = 1 "OFPFMFC_TABLE_FULL" "table is full";
        BadTable = 2 "OFPFMFC_BAD_TABLE_ID" "no such table";
        Overlap = 3 "OFPFMFC_OVERLAP" "overlaps a flow of the same priority, and CHECK_OVERLAP was asked for";
        NotPermitted = 4 "OFPFMFC_EPERM" "not permitted";
        BadTimeout = 5 "OFPFMFC_BAD_TIMEOUT" "timeout not supported";
        BadCommand = 6 "OFPFMFC_BAD_COMMAND" "command not known";
        BadFlags = 7 "OFPFMFC_BAD_FLAGS" "flags not known";
    }

    /// Codes of OFPET_GROUP_MOD_FAILED (type 6).
    GroupModFailed {
        Exists = 0 "OFPGMFC_GROUP_EXISTS" "the group to add is there already";
        Invalid = 1 "OFPGMFC_INVALID_GROUP" "the group is not valid";
        WeightUnsupported = 2 "OFPGMFC_WEIGHT_UNSUPPORTED" "unequal weights not supported";
        OutOfGroups = 3 "OFPGMFC_OUT_OF_GROUPS" "no room for another group";
        OutOfBuckets = 4 "OFPGMFC_OUT_OF_BUCKETS" "more buckets than the switch takes";
        ChainingUnsupported = 5 "OFPGMFC_CHAINING_UNSUPPORTED" "groups that send to groups not supported";
        WatchUnsupported = 6 "OFPGMFC_WATCH_UNSUPPORTED" "this group cannot watch that port or group";
        Loop = 7 "OFPGMFC_LOOP" "the group would send to itself";
        UnknownGroup = 8 "OFPGMFC_UNKNOWN_GROUP" "the group to change is not there";
        ChainedGroup = 9 "OFPGMFC_CHAINED_GROUP" "another group sends to the group to delete";
        BadType = 10 "OFPGMFC_BAD_TYPE" "group type not known";
        BadCommand = 11 "OFPGMFC_BAD_COMMAND" "command not known";
        BadBucket = 12 "OFPGMFC_BAD_BUCKET" "a bucket is wrong";
        BadWatch = 13 "OFPGMFC_BAD_WATCH" "a watched port or group is wrong";
        NotPermitted = 14 "OFPGMFC_EPERM" "not permitted";
    }

    /// Codes of OFPET_PORT_MOD_FAILED (type 7).
    PortModFailed {
        BadPort = 0 "OFPPMFC_BAD_PORT" "no such port";
        BadHardwareAddress = 1 "OFPPMFC_BAD_HW_ADDR" "MAC address is not that of the port";
        BadConfig = 2 "OFPPMFC_BAD_CONFIG" "configuration is not valid";
        BadAdvertise = 3 "OFPPMFC_BAD_ADVERTISE" "advertised features are not valid";
        NotPermitted = 4 "OFPPMFC_EPERM" "not permitted";
    }

    /// Codes of OFPET_TABLE_MOD_FAILED (type 8).
    TableModFailed {
        BadTable = 0 "OFPTMFC_BAD_TABLE" "no such table";
        BadConfig = 1 "OFPTMFC_BAD_CONFIG" "configuration is not valid";
        NotPermitted = 2 "OFPTMFC_EPERM" "not permitted";
    }

    /// Codes of OFPET_QUEUE_OP_FAILED (type 9).
    QueueOpFailed {
        BadPort = 0 "OFPQOFC_BAD_PORT" "no such port";
        BadQueue = 1 "OFPQOFC_BAD_QUEUE" "no such queue";
        NotPermitted = 2 "OFPQOFC_EPERM" "not permitted";
    }

    /// Codes of OFPET_SWITCH_CONFIG_FAILED (type 10).
    SwitchConfigFailed {
        BadFlags = 0 "OFPSCFC_BAD_FLAGS" "flags are not valid";
        BadLength = 1 "OFPSCFC_BAD_LEN" "miss_send_len is not valid";
        NotPermitted = 2 "OFPSCFC_EPERM" "not permitted";
    }

    /// Codes of OFPET_ROLE_REQUEST_FAILED (type 11).
    RoleRequestFailed {
        Stale = 0 "OFPRRFC_STALE" "generation id is older than the switch's";
        Unsupported = 1 "OFPRRFC_UNSUP" "change of role not supported";
        BadRole = 2 "OFPRRFC_BAD_ROLE" "no such role";
    }

    /// Codes of OFPET_METER_MOD_FAILED (type 12).
    MeterModFailed {
        Unknown = 0 "OFPMMFC_UNKNOWN" "not said why";
        Exists = 1 "OFPMMFC_METER_EXISTS" "the meter to add is there already";
        Invalid = 2 "OFPMMFC_INVALID_METER" "the meter is not valid";
        UnknownMeter = 3 "OFPMMFC_UNKNOWN_METER" "no such meter";
        BadCommand = 4 "OFPMMFC_BAD_COMMAND" "command not known";
        BadFlags = 5 "OFPMMFC_BAD_FLAGS" "flags not supported";
        BadRate = 6 "OFPMMFC_BAD_RATE" "rate not supported";
        BadBurst = 7 "OFPMMFC_BAD_BURST" "burst size not supported";
        BadBand = 8 "OFPMMFC_BAD_BAND" "band not supported";
        BadBandValue = 9 "OFPMMFC_BAD_BAND_VALUE" "value of a band not supported";
        OutOfMeters = 10 "OFPMMFC_OUT_OF_METERS" "no room for another meter";
        OutOfBands = 11 "OFPMMFC_OUT_OF_BANDS" "more bands than the switch takes";
    }

    /// Codes of OFPET_TABLE_FEATURES_FAILED (type 13).
    TableFeaturesFailed {
        BadTable = 0 "OFPTFFC_BAD_TABLE" "no such table";
        BadMetadata = 1 "OFPTFFC_BAD_METADATA" "metadata mask is not valid";
        BadType = 2 "OFPTFFC_BAD_TYPE" "property type not known";
        BadLength = 3 "OFPTFFC_BAD_LEN" "length of a property is wrong";
        BadArgument = 4 "OFPTFFC_BAD_ARGUMENT" "value of a property not supported";
        NotPermitted = 5 "OFPTFFC_EPERM" "not permitted";
    }

    /// Errors of the ONF extensions on OpenFlow 1.3 (experimenter 0x4f4e4600): bundles from 2300,
    /// priorities, asynchronous configuration, instructions, multipart timeouts and properties.
    OnfError {
        BundleUnknown = 2300 "OFPBFC_UNKNOWN" "bundle failed, not said why";
        BundleNotPermitted = 2301 "OFPBFC_EPERM" "bundle not permitted";
        BundleBadId = 2302 "OFPBFC_BAD_ID" "no bundle has this id";
        BundleExists = 2303 "OFPBFC_BUNDLE_EXIST" "a bundle has this id already";
        BundleClosed = 2304 "OFPBFC_BUNDLE_CLOSED" "the bundle is closed";
        BundlesTooMany = 2305 "OFPBFC_OUT_OF_BUNDLES" "too many bundles are open";
        BundleBadType = 2306 "OFPBFC_BAD_TYPE" "bundle control type not known";
        BundleBadFlags = 2307 "OFPBFC_BAD_FLAGS" "bundle flags not supported, or not those it was opened with";
        BundleMessageBadLength = 2308 "OFPBFC_MSG_BAD_LEN" "length of the message in the bundle is wrong";
        BundleMessageBadXid = 2309 "OFPBFC_MSG_BAD_XID" "xid of the message in the bundle differs from the outer one";
        BundleMessageUnsupported = 2310 "OFPBFC_MSG_UNSUP" "a message of this kind cannot be in a bundle";
        BundleMessageConflict = 2311 "OFPBFC_MSG_CONFLICT" "these messages cannot be in one bundle";
        BundleMessagesTooMany = 2312 "OFPBFC_MSG_TOO_MANY" "more messages than a bundle takes";
        BundleMessageFailed = 2313 "OFPBFC_MSG_FAILED" "a message of the bundle failed";
        BundleTimeout = 2314 "OFPBFC_TIMEOUT" "the bundle took too long";
        BundleInProgress = 2315 "OFPBFC_BUNDLE_IN_PROGRESS" "another bundle locks the resource";
        BadPriority = 2360 "OFPFMFC_BAD_PRIORITY" "priority not supported";
        AsyncInvalid = 2370 "OFPACFC_INVALID" "a mask is not valid";
        AsyncUnsupported = 2371 "OFPACFC_UNSUPPORTED" "asynchronous configuration not supported";
        AsyncNotPermitted = 2372 "OFPACFC_EPERM" "asynchronous configuration not permitted";
        DuplicateInstruction = 2600 "OFPBIC_DUP_INST" "an instruction is there twice";
        MultipartRequestTimeout = 2640 "OFPBRC_MULTIPART_REQUEST_TIMEOUT" "the parts of the request took too long";
        MultipartReplyTimeout = 2641 "OFPBRC_MULTIPART_REPLY_TIMEOUT" "the parts of the reply took too long";
        BadSetMask = 4250 "OFPBAC_BAD_SET_MASK" "set-field must not have a mask here";
        PropertiesTooMany = 4443 "OFPBPC_TOO_MANY" "more properties than the switch takes";
        PropertyDuplicate = 4444 "OFPBPC_DUP_TYPE" "a property is there twice";
        PropertyBadExperimenter = 4445 "OFPBPC_BAD_EXPERIMENTER" "experimenter of a property not known";
        PropertyBadExperimenterType = 4446 "OFPBPC_BAD_EXP_TYPE" "experimenter's property type not known";
        PropertyBadExperimenterValue = 4447 "OFPBPC_BAD_EXP_VALUE" "value of an experimenter's property not known";
        PropertyNotPermitted = 4448 "OFPBPC_EPERM" "property not permitted";
    }

    /// Errors of the Nicira extensions (experimenter 0x2320) as Open vSwitch sends them on
    /// OpenFlow 1.3.
    NiciraError {
        MatchInvalid = 2 "NXBRC_NXM_INVALID" "extensible match is malformed";
        MatchBadType = 3 "NXBRC_NXM_BAD_TYPE" "field type, mask bit and length of a match entry do not go together";
        MustBeZero = 4 "NXBRC_MUST_BE_ZERO" "a field that must be zero is not";
        BadReason = 5 "NXBRC_BAD_REASON" "reason of a port status is not valid";
        MonitorExists = 6 "OFPMOFC_MONITOR_EXISTS" "the flow monitor to add is there already";
        MonitorBadFlags = 7 "OFPMOFC_BAD_FLAGS" "flags of the flow monitor not supported";
        MonitorUnknown = 8 "OFPMOFC_UNKNOWN_MONITOR" "no such flow monitor";
        MonitorBadEvent = 9 "NXBRC_FM_BAD_EVENT" "event of a flow monitor update not known";
        Unencodable = 10 "NXBRC_UNENCODABLE_ERROR" "the error cannot be expressed in this OpenFlow version";
        ActionMustBeZero = 11 "NXBAC_MUST_BE_ZERO" "an argument of an action that must be zero is not";
        Hardware = 12 "NXFMFC_HARDWARE" "hardware failed";
        BadTable = 13 "NXFMFC_BAD_TABLE_ID" "no such table";
        BadConjunction = 15 "NXBAC_BAD_CONJUNCTION" "conjunction needs 1 <= k <= n, 2 <= n <= 64, and no other kind of action beside it";
        TlvBadCommand = 16 "NXTTMFC_BAD_COMMAND" "TLV table command not known";
        TlvBadLength = 17 "NXTTMFC_BAD_OPT_LEN" "length of a tunnel option is not valid";
        TlvBadIndex = 18 "NXTTMFC_BAD_FIELD_IDX" "no such tun_metadata field";
        TlvTableFull = 19 "NXTTMFC_TABLE_FULL" "tunnel options together are longer than the switch takes";
        TlvAlreadyMapped = 20 "NXTTMFC_ALREADY_MAPPED" "the tun_metadata field has an option already";
        TlvDuplicate = 21 "NXTTMFC_DUP_ENTRY" "the tunnel option belongs to another field already";
        ResumeUnsupported = 34 "NXR_NOT_SUPPORTED" "the datapath cannot resume packets";
        ResumeStale = 35 "NXR_STALE" "the continuation is not of this bridge as it runs now";
        NotConfigured = 36 "NXST_NOT_CONFIGURED" "protocol is not configured on the switch";
        TlvInvalidField = 37 "NXFMFC_INVALID_TLV_FIELD" "the flow uses a tunnel option field that is not mapped";
        TlvInUse = 38 "NXTTMFC_INVALID_TLV_DEL" "a flow uses the tunnel option to be deleted";
        BadHeaderType = 39 "NXBAC_BAD_HEADER_TYPE" "packet type of encap or decap not supported";
        UnknownEncapProperty = 40 "NXBAC_UNKNOWN_ED_PROP" "property of encap or decap not known";
        BadEncapProperty = 41 "NXBAC_BAD_ED_PROP" "property of encap or decap is wrong";
        ConntrackAction = 42 "NXBAC_CT_DATAPATH_SUPPORT" "the datapath lacks the connection tracking that an action needs";
        ConntrackMatch = 43 "NXBMC_CT_DATAPATH_SUPPORT" "the datapath lacks the connection tracking that a match needs";
        DuplicateTable = 44 "NXTFFC_DUP_TABLE" "a table is there twice";
    }
}

// Generated from shared/openapi/citizen-staff.json by "npm run generate". Do not edit.

export interface paths {
    "/staff/v1/addresses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search Addresses
         * @description Addresses, streets and places by the beginnings of their words.
         */
        get: operations["search_addresses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Announcements
         * @description Announcements in their newest version with their progress: active ones first.
         */
        get: operations["list_announcements"];
        put?: never;
        /**
         * Issue Announcement
         * @description Issue a first version. It is on its way to people when this returns.
         */
        post: operations["issue_announcement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/announcements/{announcement_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Announcement
         * @description One announcement with its history and the progress of its newest version.
         */
        get: operations["get_announcement"];
        /**
         * Update Announcement
         * @description Issue a new version; it goes to everyone told before and to new matches.
         */
        put: operations["update_announcement"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/announcements/{announcement_id}/cancellation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Announcement
         * @description All-clear or withdrawal: the last version; it goes to everyone who was told before.
         */
        post: operations["cancel_announcement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/announcements/{announcement_id}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Announcement Progress
         * @description How each version fares on its way to people, newest first.
         */
        get: operations["announcement_progress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/announcements/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview Announcement
         * @description Whom a draft would reach, on which channels, how many SMS parts that is and what it would cost. Nothing is stored.
         */
        post: operations["preview_announcement"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Reports
         * @description The queue of reports, newest first.
         */
        get: operations["list_reports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/reports/{report_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Report
         * @description One report with its text, photos and history.
         */
        get: operations["get_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/reports/{report_id}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer Report
         * @description Answer, move on, close or reopen a report. The reporter sees the words at once.
         */
        post: operations["answer_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/reports/{report_id}/photos/{photo_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Report Photo
         * @description A photo's bytes (JPEG).
         */
        get: operations["get_report_photo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/reports/{report_id}/unit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Route Report
         * @description Make another unit of the town responsible.
         */
        put: operations["route_report"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/streets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search Streets
         * @description Streets by which an announcement's area can be chosen.
         */
        get: operations["search_streets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/staff/v1/town": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Town
         * @description The town's name, boundary, languages and categories.
         */
        get: operations["get_town"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AddressHit
         * @description A place found by its words.
         */
        AddressHit: {
            /** District */
            district: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "address" | "street" | "place";
            /**
             * Label
             * @description Żółkiewskiego 4
             */
            label: string;
            /** Number */
            number: string;
            place: components["schemas"]["Point"];
            /** Postcode */
            postcode: string;
            /** Street */
            street: string;
        };
        /**
         * AnnouncementCategory
         * @description What residents filter announcements by.
         */
        AnnouncementCategory: {
            /** Code */
            code: string;
            names: components["schemas"]["CategoryNames"];
        };
        /**
         * Answer
         * @description An answer, a new status, or both. The reporter sees the words.
         */
        Answer: {
            /**
             * Answer
             * @default
             */
            answer: string;
            /**
             * Expected Version
             * @description The version that was looked at; 409 when somebody was faster
             */
            expected_version: number;
            /**
             * Outcome
             * @description Required with status closed, else null
             */
            outcome?: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
        };
        /**
         * Cancellation
         * @description All-clear or withdrawal; goes to everyone who was told before, on the same channels.
         */
        Cancellation: {
            /**
             * Expected Version
             * @description The version that was looked at; 409 when somebody was faster
             */
            expected_version: number;
            /**
             * Texts
             * @description pl is required
             */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
        };
        /**
         * CategoryNames
         * @description A category's name in each language.
         */
        CategoryNames: {
            /** En */
            en: string;
            /** Pl */
            pl: string;
            /** Uk */
            uk: string;
        };
        /**
         * Channel
         * @description A way to reach a resident.
         * @enum {string}
         */
        Channel: "push" | "email" | "sms" | "webhook";
        /**
         * ChannelProgress
         * @description Deliveries of one channel by state.
         */
        ChannelProgress: {
            /** Cancelled */
            cancelled: number;
            channel: components["schemas"]["Channel"];
            /** Delivered */
            delivered: number;
            /** Expired */
            expired: number;
            /** Failed */
            failed: number;
            /** Queued */
            queued: number;
            /** Sent */
            sent: number;
            /** Unknown */
            unknown: number;
        };
        /**
         * ChannelReach
         * @description How many people one channel would reach.
         */
        ChannelReach: {
            channel: components["schemas"]["Channel"];
            /**
             * Cost Pln
             * @description Estimate; SMS only
             */
            cost_pln?: number | null;
            /** Recipients */
            recipients: number;
            /**
             * Sms Parts
             * @description Sum over recipients; SMS only
             */
            sms_parts?: number | null;
        };
        /**
         * CircleArea
         * @description A circle around a place.
         */
        CircleArea: {
            center: components["schemas"]["Point"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "circle";
            /** Radius M */
            radius_m: number;
        };
        /**
         * Consent
         * @description The wording to which a resident agrees before the town writes to a contact.
         */
        Consent: {
            /** Legal Basis */
            legal_basis: string;
            /** Texts */
            texts: {
                [key: string]: string;
            };
            /** Version */
            version: string;
        };
        /**
         * Draft
         * @description What is to be announced: everything of a version but its place in the history.
         */
        Draft: {
            /**
             * Area
             * @default {
             *       "kind": "town"
             *     }
             */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Channels
             * @description Channels the town pays for and allows
             */
            channels: components["schemas"]["Channel"][];
            /**
             * Drill
             * @default false
             */
            drill: boolean;
            severity: components["schemas"]["Severity"];
            /**
             * Texts
             * @description pl is required
             */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Valid From
             * @description Null: from now
             */
            valid_from?: string | null;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
        };
        /**
         * Issue
         * @description Issue a first version.
         */
        Issue: {
            /**
             * Area
             * @default {
             *       "kind": "town"
             *     }
             */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Channels
             * @description Channels the town pays for and allows
             */
            channels: components["schemas"]["Channel"][];
            /**
             * Drill
             * @default false
             */
            drill: boolean;
            severity: components["schemas"]["Severity"];
            /**
             * Texts
             * @description pl is required
             */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Valid From
             * @description Null: from now
             */
            valid_from?: string | null;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
        };
        /**
         * Language
         * @description Languages of the town's texts (BCP 47).
         * @enum {string}
         */
        Language: "pl" | "en" | "uk";
        /**
         * Photo
         * @description A photo, re-encoded and without metadata.
         */
        Photo: {
            /** Height */
            height: number;
            /** Id */
            id: string;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Url
             * @description Relative to the API's root; append `?size=thumb` (or `&size=thumb`) for the small one
             */
            url: string;
            /** Width */
            width: number;
        };
        /**
         * Point
         * @description A place on Earth, WGS 84 degrees.
         */
        Point: {
            /** Lat */
            lat: number;
            /** Lon */
            lon: number;
        };
        /**
         * PolygonArea
         * @description A simple polygon; first and last point are equal.
         */
        PolygonArea: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "polygon";
            /** Ring */
            ring: components["schemas"]["Point"][];
        };
        /**
         * Preview
         * @description What would happen if this were sent now.
         */
        Preview: {
            /**
             * Addresses
             * @description Known address points inside the area
             */
            addresses: number;
            /** Channels */
            channels: components["schemas"]["ChannelReach"][];
            /** Cost Pln */
            cost_pln: number;
            /**
             * Geometry
             * @description GeoJSON of the area
             */
            geometry: {
                [key: string]: unknown;
            } | null;
            /**
             * People
             * @description Residents reached on at least one channel
             */
            people: number;
            /** Sms */
            sms: components["schemas"]["SmsWording"][];
        };
        /**
         * Problem
         * @description RFC 9457 problem document. `type` is `urn:hejnal:problem:<slug>`; clients choose their words by the slug.
         */
        Problem: {
            /**
             * Detail
             * @description One sentence that says what is wrong and what to do
             */
            detail: string;
            /**
             * Errors
             * @default []
             */
            errors: components["schemas"]["ProblemError"][];
            /** Instance */
            instance: string;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /**
             * Trace Id
             * @default null
             */
            trace_id: string | null;
            /** Type */
            type: string;
        };
        /**
         * ProblemError
         * @description One field that is wrong.
         */
        ProblemError: {
            /**
             * Code
             * @default
             */
            code: string;
            /**
             * Detail
             * @default
             */
            detail: string;
            /**
             * Pointer
             * @description Where, e.g. /body/texts/pl/title
             * @default
             */
            pointer: string;
        };
        /**
         * ReportCategory
         * @description What a report is about.
         */
        ReportCategory: {
            /**
             * Anonymous Allowed
             * @description False: the reporter signs in or leaves a contact
             */
            anonymous_allowed: boolean;
            /** Code */
            code: string;
            names: components["schemas"]["CategoryNames"];
            /**
             * Unit
             * @description The unit of the town that gets the report
             */
            unit: string;
            /**
             * Urgent
             * @description True: reaches the watch room at once
             */
            urgent: boolean;
        };
        /**
         * Routing
         * @description Make a unit of the town responsible.
         */
        Routing: {
            /**
             * Expected Version
             * @description The version that was looked at; 409 when somebody was faster
             */
            expected_version: number;
            /** Unit */
            unit: string;
        };
        /**
         * Severity
         * @description How much an announcement or alert matters, lowest first.
         * @enum {string}
         */
        Severity: "info" | "notice" | "warning" | "emergency";
        /**
         * SmsWording
         * @description What one language's SMS looks like.
         */
        SmsWording: {
            /**
             * Characters
             * @description Septets (GSM-7) or UTF-16 units (UCS-2)
             */
            characters: number;
            /**
             * Encoding
             * @enum {string}
             */
            encoding: "gsm-7" | "ucs-2";
            language: components["schemas"]["Language"];
            /** Parts */
            parts: number;
            /** Recipients */
            recipients: number;
            /** Text */
            text: string;
        };
        /**
         * StaffAnnouncementDetail
         * @description An announcement with everything staff may know of it.
         */
        StaffAnnouncementDetail: {
            /** Area */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Center
             * @description A point inside the area: longitude, latitude
             */
            center: [
                number,
                number
            ] | null;
            /** Channels */
            channels: components["schemas"]["Channel"][];
            /** Drill */
            drill: boolean;
            /** Geometry */
            geometry: {
                [key: string]: unknown;
            } | null;
            /** History */
            history: components["schemas"]["StaffVersionView"][];
            /** Id */
            id: string;
            /**
             * Issued At
             * Format: date-time
             * @description When the first version was issued
             */
            issued_at: string;
            /** Issued By */
            issued_by: string;
            /**
             * Kind
             * @description What the newest version is
             * @enum {string}
             */
            kind: "issued" | "updated" | "cancelled";
            /** Page Url */
            page_url: string;
            /**
             * Progress
             * @description Of the newest version; empty until the first news of it
             */
            progress: components["schemas"]["VersionProgress"][];
            severity: components["schemas"]["Severity"];
            /**
             * State
             * @enum {string}
             */
            state: "active" | "upcoming" | "past" | "cancelled";
            /** Texts */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Updated At
             * Format: date-time
             * @description When the newest version was issued
             */
            updated_at: string;
            /**
             * Valid From
             * Format: date-time
             */
            valid_from: string;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
            /** Version */
            version: number;
        };
        /**
         * StaffAnnouncementPage
         * @description Active ones first, then upcoming, then past and cancelled.
         */
        StaffAnnouncementPage: {
            /** Items */
            items: components["schemas"]["StaffAnnouncementSummary"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * StaffAnnouncementSummary
         * @description An announcement in the staff's list.
         */
        StaffAnnouncementSummary: {
            /** Area */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Center
             * @description A point inside the area: longitude, latitude
             */
            center: [
                number,
                number
            ] | null;
            /** Channels */
            channels: components["schemas"]["Channel"][];
            /** Drill */
            drill: boolean;
            /** Id */
            id: string;
            /**
             * Issued At
             * Format: date-time
             * @description When the first version was issued
             */
            issued_at: string;
            /** Issued By */
            issued_by: string;
            /**
             * Kind
             * @description What the newest version is
             * @enum {string}
             */
            kind: "issued" | "updated" | "cancelled";
            /**
             * Progress
             * @description Of the newest version; empty until the first news of it
             */
            progress: components["schemas"]["VersionProgress"][];
            severity: components["schemas"]["Severity"];
            /**
             * State
             * @enum {string}
             */
            state: "active" | "upcoming" | "past" | "cancelled";
            /** Texts */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Updated At
             * Format: date-time
             * @description When the newest version was issued
             */
            updated_at: string;
            /**
             * Valid From
             * Format: date-time
             */
            valid_from: string;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
            /** Version */
            version: number;
        };
        /**
         * StaffReport
         * @description A report with everything staff may know of it.
         */
        StaffReport: {
            /** Address */
            address: string;
            /** Anonymous */
            anonymous: boolean;
            /** Category */
            category: string;
            /**
             * Contact
             * @description Masked for roles that do not answer reports
             */
            contact: string | null;
            /**
             * Events
             * @description Oldest first
             */
            events: components["schemas"]["StaffReportEvent"][];
            /** Id */
            id: string;
            /** Outcome */
            outcome: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /** Photos */
            photos: components["schemas"]["Photo"][];
            place: components["schemas"]["Point"];
            /** Reference */
            reference: string;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
            /**
             * Submitted At
             * Format: date-time
             */
            submitted_at: string;
            /** Text */
            text: string;
            /** Unit */
            unit: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Urgent */
            urgent: boolean;
            /** Version */
            version: number;
        };
        /**
         * StaffReportEvent
         * @description One step with who made it.
         */
        StaffReportEvent: {
            /** Answer */
            answer: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** By */
            by: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "submitted" | "routed" | "answered" | "closed";
            /** Outcome */
            outcome: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
            /** Unit */
            unit: string;
        };
        /**
         * StaffReportPage
         * @description Newest first.
         */
        StaffReportPage: {
            /** Items */
            items: components["schemas"]["StaffReportSummary"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * StaffReportSummary
         * @description A report in the staff's queue.
         */
        StaffReportSummary: {
            /** Address */
            address: string;
            /** Category */
            category: string;
            /**
             * Excerpt
             * @description First 160 characters of the text
             */
            excerpt: string;
            /** Id */
            id: string;
            /** Outcome */
            outcome: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /** Photos */
            photos: number;
            place: components["schemas"]["Point"];
            /** Reference */
            reference: string;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
            /**
             * Submitted At
             * Format: date-time
             */
            submitted_at: string;
            /** Unit */
            unit: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Urgent */
            urgent: boolean;
            /** Version */
            version: number;
        };
        /**
         * StaffVersionView
         * @description A version with who issued it and where it was sent.
         */
        StaffVersionView: {
            /** Area */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /** Channels */
            channels: components["schemas"]["Channel"][];
            /** Drill */
            drill: boolean;
            /**
             * Issued At
             * Format: date-time
             */
            issued_at: string;
            /** Issued By */
            issued_by: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "issued" | "updated" | "cancelled";
            severity: components["schemas"]["Severity"];
            /** Texts */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Valid From
             * Format: date-time
             */
            valid_from: string;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
            /** Version */
            version: number;
        };
        /**
         * Street
         * @description A street by which an area can be chosen.
         */
        Street: {
            /**
             * Addresses
             * @description Number of known address points; 0: the street gives no area
             */
            addresses: number;
            /** District */
            district: string;
            /** Name */
            name: string;
        };
        /**
         * StreetsArea
         * @description Streets by name.
         */
        StreetsArea: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "streets";
            /** Streets */
            streets: string[];
        };
        /**
         * Text
         * @description One language's wording of an announcement. Plain text, no HTML.
         */
        Text: {
            /** Body */
            body: string;
            /**
             * Instruction
             * @default
             */
            instruction: string;
            /**
             * Sms
             * @description Wording for SMS; title and body are used where empty
             * @default
             */
            sms: string;
            /** Title */
            title: string;
        };
        /**
         * Town
         * @description Everything a client needs at its start.
         */
        Town: {
            /** Announcement Categories */
            announcement_categories: components["schemas"]["AnnouncementCategory"][];
            /**
             * Boundary
             * @description GeoJSON Polygon or MultiPolygon
             */
            boundary: {
                [key: string]: unknown;
            };
            /**
             * Bounds
             * @description West, south, east, north in degrees
             */
            bounds: [
                number,
                number,
                number,
                number
            ];
            center: components["schemas"]["Point"];
            consent: components["schemas"]["Consent"];
            /** Languages */
            languages: components["schemas"]["Language"][];
            /**
             * Map Url
             * @description PMTiles archive with the town's vector tiles; null: no map was installed
             */
            map_url: string | null;
            /** Name */
            name: string;
            /** Report Categories */
            report_categories: components["schemas"]["ReportCategory"][];
            /**
             * Teryt
             * @description Code of the municipality in the state's register
             */
            teryt: string;
            /**
             * Vapid Public Key
             * @description applicationServerKey for Web Push, base64url; null: push is off
             */
            vapid_public_key: string | null;
        };
        /**
         * TownArea
         * @description The whole town.
         */
        TownArea: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "town";
        };
        /**
         * Update
         * @description Replace the current version; it goes to everyone told before and to new matches.
         */
        Update: {
            /**
             * Area
             * @default {
             *       "kind": "town"
             *     }
             */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Channels
             * @description Channels the town pays for and allows
             */
            channels: components["schemas"]["Channel"][];
            /**
             * Drill
             * @default false
             */
            drill: boolean;
            /**
             * Expected Version
             * @description The version that was looked at; 409 when somebody was faster
             */
            expected_version: number;
            severity: components["schemas"]["Severity"];
            /**
             * Texts
             * @description pl is required
             */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Valid From
             * @description Null: from now
             */
            valid_from?: string | null;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
        };
        /**
         * VersionProgress
         * @description How one version fares on its way to people.
         */
        VersionProgress: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Channels */
            channels: components["schemas"]["ChannelProgress"][];
            /** Finished */
            finished: boolean;
            /** Version */
            version: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    search_addresses: {
        parameters: {
            query: {
                limit?: number;
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddressHit"][];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_announcements: {
        parameters: {
            query?: {
                category?: string[] | null;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
                /** @description Most items of the page */
                limit?: number;
                state?: ("active" | "upcoming" | "past" | "cancelled")[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAnnouncementPage"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    issue_announcement: {
        parameters: {
            query?: never;
            header?: {
                /** @description A fresh random key per attempt of the user; a repeat with the same key and body gets the first answer */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Issue"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAnnouncementDetail"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAnnouncementDetail"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_announcement: {
        parameters: {
            query?: never;
            header?: {
                /** @description A fresh random key per attempt of the user; a repeat with the same key and body gets the first answer */
                "Idempotency-Key"?: string | null;
                /** @description `"<version>"`; 412 when it changed meanwhile */
                "If-Match"?: string | null;
            };
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Update"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAnnouncementDetail"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_announcement: {
        parameters: {
            query?: never;
            header?: {
                /** @description A fresh random key per attempt of the user; a repeat with the same key and body gets the first answer */
                "Idempotency-Key"?: string | null;
                /** @description `"<version>"`; 412 when it changed meanwhile */
                "If-Match"?: string | null;
            };
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Cancellation"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffAnnouncementDetail"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    announcement_progress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionProgress"][];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    preview_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Draft"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_reports: {
        parameters: {
            query?: {
                category?: string[] | null;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
                /** @description Most items of the page */
                limit?: number;
                /** @description lat,lon */
                near?: string | null;
                /** @description Reference, or words of text or address */
                q?: string | null;
                radius_m?: number;
                /** @description Only those submitted after this instant */
                since?: string | null;
                status?: ("received" | "in_progress" | "planned" | "closed")[] | null;
                unit?: string | null;
                urgent?: boolean | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffReportPage"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffReport"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    answer_report: {
        parameters: {
            query?: never;
            header?: {
                /** @description A fresh random key per attempt of the user; a repeat with the same key and body gets the first answer */
                "Idempotency-Key"?: string | null;
            };
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Answer"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffReport"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report_photo: {
        parameters: {
            query?: {
                size?: "full" | "thumb";
            };
            header?: never;
            path: {
                photo_id: string;
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    route_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Routing"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaffReport"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search_streets: {
        parameters: {
            query?: {
                limit?: number;
                /** @description Beginning of the name's words; empty: all */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Street"][];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_town: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Town"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
